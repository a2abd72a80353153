/** @file A job for tests that does what its input says, in steps of 20 ms. */
import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { DataError, Interrupted } from "../../../dist/src/util/errors.js";

const acts = {
  async double({ numbers }, job) {
    for (let done = 1; done <= 4; done++) job.report({ label: "doubling", done, total: 4, unit: "steps" });
    job.info("half way");
    job.warn("mind the gap");
    job.metric({ step: 1, loss: 0.5 });
    return { doubled: numbers.map((x) => 2 * x) };
  },
  async asks({ questions }, job) {
    const answers = await Promise.all(questions.map((question) => job.ask(question).catch((error) => `${error.name}: ${error.message}`)));
    return answers;
  },
  async asksAndDies(_, job) {
    void job.ask("anything");
    await sleep(500);
    process.kill(process.pid, "SIGKILL");
    await sleep(60_000);
  },
  async untilStopped(_, job) {
    job.info(`pid ${process.pid}`);
    for (let steps = 0; ; steps++) {
      if (job.stopping) throw new Interrupted(`stopped after whole steps: ${steps > 0}`, "SIGTERM");
      await sleep(20);
    }
  },
  async pause({ ms }, job) {
    job.info(`pid ${process.pid}`);
    await sleep(ms);
    return "slept";
  },
  /** As a step of ONNX Runtime does: the thread is taken, and what it made is written without another turn of the event loop. */
  async longStep({ ms, file }, job) {
    job.info(`pid ${process.pid}`);
    await sleep(50);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    job.report({ label: "step", done: 1, total: 1, unit: "steps" });
    writeFileSync(file, "written by an orphan");
  },
  async badLine() {
    throw new DataError("half a JSON line", { file: "turns.jsonl", line: 7 });
  },
  async bug() {
    return undefined.length;
  },
  async lateBug() {
    setTimeout(() => undefined.length, 10);
    await sleep(60_000);
  },
  async unsendable() {
    return { notData: () => 1 };
  },
  async stray() {
    process.stdout.write("\u001b[1;31mnative noise\u001b[0m\n");
    return "quiet";
  },
  async dieOf({ signal }) {
    process.removeAllListeners(signal);
    process.stderr.write("last words\n");
    process.kill(process.pid, signal);
    await sleep(60_000);
  },
  async leave() {
    process.exit(3);
  },
};

export const run = (input, job) => acts[input.act](input, job);

/** @file Entry of the engine's process: loads one job module, runs it, answers, leaves. */
import type { FromChild, Job, RunJob, ToChild } from "./messages.ts";
import { fromWire, toWire } from "./wire-errors.ts";

const PROGRESS_EVERY_MS = 50;

let stopping = false;
const stop = (): void => {
  stopping = true;
};

// A terminal sends SIGINT to both processes; the parent decides.
process.on("SIGINT", () => {});
process.on("SIGTERM", stop);
// The parent is gone, however it went.
process.on("disconnect", () => process.exit(1));
process.on("uncaughtException", (error) => answer({ type: "error", error: toWire(error) }));
process.on("message", (message: ToChild): void => {
  switch (message.type) {
    case "stop":
      return stop();
    case "start":
      return void work(message.module, message.input);
    case "answer":
      return waiting.get(message.id)?.resolve(message.value);
    case "refusal":
      return waiting.get(message.id)?.reject(fromWire(message.error));
  }
});

async function work(module: string, input: unknown): Promise<void> {
  try {
    const { run } = (await import(module)) as { run: RunJob<unknown, unknown> };
    answer({ type: "result", value: await run(input, job) });
  } catch (error) {
    answer({ type: "error", error: toWire(error) });
  }
}

/** A parent that dies inside a long step is noticed before anything of the step is written: its output may be resumed by then. */
const parent = process.ppid;
const leaveIfAlone = (): void => {
  if (process.ppid !== parent) process.exit(1);
};

/** Questions the parent has not answered yet. */
const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
let questions = 0;

let last = { at: -Infinity, label: "" };
const job: Job = {
  report(progress) {
    leaveIfAlone();
    const now = performance.now();
    const due = now - last.at >= PROGRESS_EVERY_MS || progress.label !== last.label || progress.done === progress.total;
    if (!due) return;
    last = { at: now, label: progress.label };
    send({ type: "progress", progress });
  },
  info: (message) => send({ type: "info", message }),
  warn: (message) => send({ type: "warn", message }),
  metric: (record) => send({ type: "metric", record }),
  ask(question) {
    const id = questions++;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      send({ type: "question", id, question });
    }).finally(() => waiting.delete(id));
  },
  get stopping() {
    leaveIfAlone();
    return stopping;
  },
};

function send(message: FromChild): void {
  if (process.connected) process.send!(message);
}

/** The callback comes when the message is with the operating system; nothing native is awaited after it. */
function answer(message: FromChild): void {
  if (process.connected) process.send!(message, undefined, undefined, () => process.exit(0));
}

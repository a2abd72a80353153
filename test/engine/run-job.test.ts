/** @file The engine's process: results, errors, stop requests and deaths as the parent sees them. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { compiled } from "../../src/engine/compiled.ts";
import { type JobSpec, runJob } from "../../src/engine/run-job.ts";
import { DataError, Interrupted, IoError } from "../../src/util/errors.ts";
import type { Progress } from "../../src/util/reporter.ts";
import { alive, goneWithin } from "../helpers/alive.ts";
import { tempDir } from "../helpers/temp.ts";

const module = new URL("./jobs/scripted.js", import.meta.url);

/** Runs an act of the scripted job and keeps all it said. */
function play(input: Record<string, unknown>, extra: Partial<JobSpec<unknown>> = {}) {
  const stop = new AbortController();
  const said: string[] = [];
  const progress: Progress[] = [];
  const metrics: unknown[] = [];
  const reporter = {
    info: (message: string) => void said.push(`info: ${message}`),
    warn: (message: string) => void said.push(`warn: ${message}`),
    progress: (one: Progress) => void progress.push(one),
  };
  const context = { reporter, signal: stop.signal };
  const done = runJob<unknown, unknown>({
    module,
    input,
    context,
    name: "the test",
    onMetric: (record) => void metrics.push(record),
    ...extra,
  });
  const settled = done.then(
    (value) => ({ value, error: undefined }),
    (error: unknown) => ({ value: undefined, error: error as Error }),
  );
  const pid = async (): Promise<number> => {
    for (;;) {
      const found = said.map((line) => /pid (\d+)/.exec(line)?.[1]).find((one) => one !== undefined);
      if (found !== undefined) return Number(found);
      await sleep(10);
    }
  };
  return { stop, said, progress, metrics, settled, pid };
}

describe("a job that ends", () => {
  test("gives its result, typed arrays as typed arrays, and all it reported on the way", async () => {
    const { settled, said, progress, metrics } = play({ act: "double", numbers: new Float32Array([1, 2.5]) });
    expect(await settled).toEqual({ value: { doubled: new Float32Array([2, 5]) }, error: undefined });
    expect(said).toEqual(["info: half way", "warn: mind the gap"]);
    expect(progress.at(-1)).toEqual({ label: "doubling", done: 4, total: 4, unit: "steps" });
    expect(metrics).toEqual([{ step: 1, loss: 0.5 }]);
  });

  test("rejects with the very class, message and place of the child's error", async () => {
    const { error } = await play({ act: "badLine" }).settled;
    expect(error).toBeInstanceOf(DataError);
    expect(error).toMatchObject({ message: "turns.jsonl:7: half a JSON line", file: "turns.jsonl", line: 7, exitCode: 3 });
  });

  test("keeps name and stack of a bug", async () => {
    const { error } = await play({ act: "bug" }).settled;
    expect(error?.name).toBe("TypeError");
    expect(error?.stack).toContain("scripted.js");
  });

  test("reports a bug that was thrown outside of the job's promise", async () => {
    expect((await play({ act: "lateBug" }).settled).error?.name).toBe("TypeError");
  });

  test("rejects when the result cannot be sent", async () => {
    expect((await play({ act: "unsendable" }).settled).error?.message).toContain("could not be cloned");
  });

  test("turns what it writes to its own stdout into warnings", async () => {
    const { settled, said } = play({ act: "stray" });
    expect((await settled).value).toBe("quiet");
    expect(said).toEqual(["warn: native noise"]);
  });

  test("runs as compiled code when it is named by its source", () => {
    expect(fileURLToPath(compiled(new URL("../../src/engine/child.ts", import.meta.url)))).toMatch(/dist\/src\/engine\/child\.js$/);
    expect(() => compiled(new URL("../../src/engine/absent.ts", import.meta.url))).toThrow("npm run build");
  });
});

describe("a question of the job", () => {
  test("is answered by the parent, each with its own answer or error", async () => {
    const onQuestion = async (question: unknown) => {
      if (question === "bad") throw new DataError("no such thing", { file: "a.txt" });
      await sleep(question === "slow" ? 50 : 0);
      return { [question as string]: new Float32Array([1]) };
    };
    const { settled } = play({ act: "asks", questions: ["slow", "bad", "quick"] }, { onQuestion });
    expect((await settled).value).toEqual([
      { slow: new Float32Array([1]) },
      "DataError: a.txt: no such thing",
      { quick: new Float32Array([1]) },
    ]);
  });

  test("is refused where nobody answers", async () => {
    expect((await play({ act: "asks", questions: [1] }).settled).value).toEqual(["Error: nobody answers the questions of the test"]);
  });

  test("is given up when the user stops the work, and before a child's death is reported", async () => {
    let given: string | undefined;
    let heard = (): void => {};
    const onQuestion = (_: unknown, { signal }: { signal: AbortSignal }) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => setTimeout(() => resolve((given = "given up")), 30));
        heard();
      });
    const dead = await play({ act: "asksAndDies" }, { onQuestion }).settled;
    expect(dead.error).toBeInstanceOf(IoError);
    expect(given).toBe("given up");
    const { stop, settled } = play({ act: "asks", questions: ["why"] }, { onQuestion });
    await new Promise<void>((resolve) => (heard = resolve));
    stop.abort();
    expect((await settled).value).toEqual(["given up"]);
  });
});

describe("a stop", () => {
  test("reaches the job, which finishes its step and is interrupted", async () => {
    const { stop, settled, pid } = play({ act: "untilStopped" });
    const child = await pid();
    await sleep(60);
    stop.abort();
    const { error } = await settled;
    expect(error).toBeInstanceOf(Interrupted);
    expect(error).toMatchObject({ message: "stopped after whole steps: true", exitCode: 143 });
    expect(alive(child)).toBe(false);
  });

  test("before the start starts nothing", async () => {
    const stopped = { signal: AbortSignal.abort(), reporter: { info() {}, warn() {}, progress() {} } };
    await expect(runJob({ module, input: { act: "bug" }, context: stopped, name: "the test" })).rejects.toBeInstanceOf(Interrupted);
  });

  test("by SIGTERM to the child itself is honoured the same way", async () => {
    const { settled, pid } = play({ act: "untilStopped" });
    process.kill(await pid(), "SIGTERM");
    expect((await settled).error).toBeInstanceOf(Interrupted);
  });

  test("by SIGINT to the child alone is ignored: the terminal sends it to the parent too", async () => {
    const { settled, pid } = play({ act: "pause", ms: 300 });
    process.kill(await pid(), "SIGINT");
    expect(await settled).toEqual({ value: "slept", error: undefined });
  });
});

describe("a child that dies", () => {
  test("of kill -9 is reported as killed, with what remains", async () => {
    const { settled, pid } = play({ act: "pause", ms: 60_000 }, { remains: () => "The last checkpoint is step 40." });
    process.kill(await pid(), "SIGKILL");
    const { error } = await settled;
    expect(error).toBeInstanceOf(IoError);
    expect(error?.message).toMatch(/the test was killed \(SIGKILL\): most likely memory ran out.*The last checkpoint is step 40\./);
  });

  test("of an abort is a bug that names the signal and shows its last words", async () => {
    const { error } = await play({ act: "dieOf", signal: "SIGABRT" }).settled;
    expect(error).not.toBeInstanceOf(IoError);
    expect(error?.message).toMatch(/was ended by SIGABRT[^]*last words/);
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ])("of %s, which it could not hold off yet, was stopped, and is no bug", async (signal, exitCode) => {
    const { error } = await play({ act: "dieOf", signal }).settled;
    expect(error).toMatchObject({ exitCode, message: expect.stringContaining("--resume") as string });
  });

  test("by leaving without a result is a bug that names the code", async () => {
    expect((await play({ act: "leave" }).settled).error?.message).toContain("left with code 3");
  });
});

describe("a parent that dies", () => {
  test("in the middle of a long step leaves a child that writes nothing of it: the output may be resumed by then", async () => {
    const file = join(tempDir(), "written");
    const act = JSON.stringify({ act: "longStep", ms: 1000, file });
    const parent = spawn(process.execPath, [fileURLToPath(new URL("./jobs/parent.js", import.meta.url)), act], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const child = Number(/pid (\d+)/.exec(await firstLine(parent))?.[1]);
    await sleep(300);
    parent.kill("SIGKILL");
    expect(await goneWithin(child, 30_000)).toBe(true);
    expect(existsSync(file)).toBe(false);
  });

  test.each(["SIGKILL", "SIGTERM"] as const)("of %s leaves no orphan", async (signal) => {
    const parent = spawn(process.execPath, [fileURLToPath(new URL("./jobs/parent.js", import.meta.url))], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const child = Number(/pid (\d+)/.exec(await firstLine(parent))?.[1]);
    expect(alive(child)).toBe(true);
    parent.kill(signal);
    expect(await goneWithin(child, 30_000)).toBe(true);
  });
});

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => child.stdout!.setEncoding("utf8").once("data", resolve));
}

/** @file Ctrl-C in training: the first leaves a checkpoint that resumes, the second leaves at once, and nobody stays behind. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { childrenOf, goneWithin } from "../helpers/alive.ts";
import { runCli, startCli } from "./run-cli.ts";

let cwd = "";

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), "uniconv-interrupt-"));
  await runCli(["prepare-data", "--dataset", "quickstart", "--output", "prepared"], { cwd });
  const size = ["--hidden-size", "32", "--num-hidden-layers", "1", "--num-attention-heads", "2", "--intermediate-size", "64"];
  await runCli(["init-model", "--input", "prepared", "--output", "base", "--vocab-size", "512", ...size], { cwd });
});

afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const training = ["train", "--input", "prepared", "--model", "base", "--tuning", "full", "--device", "cpu", "--logging-steps", "1"];

/** Started, and so far that steps are logged. */
async function startTraining(output: string, more: string[]) {
  const { child, ended } = startCli([...training, "--output", output, ...more], { cwd });
  const log = join(cwd, `${output}.partial`, "metrics.jsonl");
  for (let tries = 0; tries < 600; tries++) {
    if (existsSync(log) && readFileSync(log, "utf8").includes("\n")) break;
    await sleep(50);
  }
  return { child, ended, engine: childrenOf(child.pid!) };
}

describe("Ctrl-C", { timeout: 180_000 }, () => {
  test("once finishes the step, exits 130, and --resume goes on from there to the end", async () => {
    const steps = ["--batch-size", "2", "--max-steps", "60", "--epochs", "100"];
    const { child, ended, engine } = await startTraining("model", steps);
    expect(engine).toHaveLength(1);
    child.kill("SIGINT");
    const { stdout, stderr, code } = await ended;
    expect({ stdout, code }).toEqual({ stdout: "", code: 130 });
    expect(stderr).toContain("stopping after this step");
    expect(stderr).toContain("--resume");
    expect(await goneWithin(engine[0]!, 0)).toBe(true);
    expect(existsSync(join(cwd, "model"))).toBe(false);
    const refused = await runCli([...training, "--output", "model", ...steps], { cwd });
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("--resume") as string });
    const resumed = await runCli([...training, "--output", "model", ...steps, "--resume"], { cwd });
    expect(resumed).toMatchObject({ code: 0, stdout: expect.stringContaining("updates: 60") as string });
    expect(existsSync(join(cwd, "model.partial"))).toBe(false);
  });

  test("twice leaves at once, exits 130, and takes the engine's process along", async () => {
    // Steps of many seconds: whoever waits for one is late.
    const long = ["--batch-size", "400", "--max-query-length", "1024", "--max-passage-length", "1024"];
    const { child, ended } = startCli([...training, "--output", "slow", ...long, "--temperature", "1"], { cwd });
    let engine: number[] = [];
    while (engine.length === 0) {
      await sleep(50);
      engine = childrenOf(child.pid!);
    }
    await sleep(3000);
    child.kill("SIGINT");
    await sleep(300);
    expect(child.exitCode).toBeNull();
    const second = performance.now();
    child.kill("SIGINT");
    const { code } = await ended;
    expect(code).toBe(130);
    expect(performance.now() - second).toBeLessThan(1000);
    expect(await goneWithin(engine[0]!, 1000)).toBe(true);
  });

  test("of SIGTERM exits 143", async () => {
    const { child, ended } = await startTraining("terminated", ["--batch-size", "2", "--max-steps", "100000", "--epochs", "100000"]);
    child.kill("SIGTERM");
    expect((await ended).code).toBe(143);
  });
});

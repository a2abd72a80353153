/** @file Data-parallel training by processes: the gradient of the whole pool, and what becomes of a run whose processes are ended. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { TrainOptions } from "../../src/schema/options/train.ts";
import { checkProcesses, chunkSize } from "../../src/train/chunk-size.ts";
import { chunksOf } from "../../src/train/chunks.ts";
import { sessionsOf } from "../../src/train/gradient-source.ts";
import { AdamW } from "../../src/train/optimizer.ts";
import { dealt } from "../../src/train/process-chunks.ts";
import { packageRoot } from "../../src/util/package-root.ts";
import { caseFolders, readCase, worstTensor } from "../golden/case.ts";
import { goldenStep, sequence } from "../golden/step.ts";
import { goneWithin } from "../helpers/alive.ts";
import { tempDir } from "../helpers/temp.ts";
import { hashes } from "../torture/series.ts";

const cases = await Promise.all(caseFolders().map(readCase));
const golden = cases.find(({ name }) => name === "llama/tied")!;
const settings = golden.variants["hard"]!;

describe("several processes", () => {
  it.each([
    { processes: 2, chunk_size: 2, lora: false },
    { processes: 3, chunk_size: 1, lora: true },
  ])("$processes of them have the gradient of the whole pool, before and after an update", async ({ processes, chunk_size, lora }) => {
    const step = await goldenStep(golden, { settings, lora, lora_dropout: lora ? 0.2 : 0 });
    const spread = await step.chunked({ chunk_size, processes });
    const compare = async () => {
      const whole = await step.stepper.gradients(step.feeds);
      const parts = await spread.gradients(step.pool);
      for (const [name, loss] of Object.entries(whole.losses)) expect(parts.losses[name as "L"]).toBeCloseTo(loss, 5);
      const { name, error } = worstTensor(parts.gradients, whole.gradients);
      expect(error, name).toBeLessThan(1e-5);
    };
    await compare();
    const adam = new AdamW(step.stepper.parameters, { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0 });
    await spread.update([step.pool], adam, { learning_rate: 1e-2, max_grad_norm: 1 });
    await compare();
    await Promise.all([step.release(), spread.release()]);
  });

  it("each get chunks of about as many tokens, and every chunk goes to one", () => {
    const sequences = golden.samples.flatMap(({ G, P, X, R }) => [G, P, X, R].map(sequence));
    const chunks = chunksOf({ pool: "1.0", pass: "P", sequences }, 1);
    for (const processes of [1, 2, 5, 20]) {
      const hands = dealt(chunks, processes);
      expect(hands.flat().toSorted((a, b) => a - b)).toEqual(chunks.map((_, place) => place));
      const tokens = hands.map((places) => places.reduce((sum, place) => sum + chunks[place]!.sequences[0]!.ids.length, 0));
      const longest = Math.max(...sequences.map(({ ids }) => ids.length));
      expect(Math.max(...tokens) - Math.min(...tokens)).toBeLessThanOrEqual(longest);
    }
  });

  it("share the threads, and take a GPU each", () => {
    const session = { device: "cpu", threads: 5, optimize: false } as const;
    expect(sessionsOf(session, 3).map(({ threads }) => threads)).toEqual([2, 2, 1]);
    expect(sessionsOf({ ...session, threads: 1 }, 2).map(({ threads }) => threads)).toEqual([1, 1]);
    expect(sessionsOf({ ...session, device: "cuda:2" }, 2).map(({ device }) => device)).toEqual(["cuda:2", "cuda:3"]);
  });

  it("that have nothing to do are refused, and a pool without a chunk size is one chunk for each", () => {
    const options = (more: object) =>
      ({
        ...TrainOptions.parse({ input: ["x"], model: "m", output: "o", batch_size: 8, ...more }),
        temperature: 1,
        normalize: true,
      }) as Parameters<typeof checkProcesses>[0];
    expect(chunkSize(options({}))).toBeNull();
    expect(chunkSize(options({ chunk_size: 8 }))).toBeNull();
    expect(chunkSize(options({ chunk_size: 3 }))).toBe(3);
    expect(chunkSize(options({ num_processes: 3 }))).toBe(3);
    expect(chunkSize(options({ num_processes: 2, chunk_size: 99 }))).toBe(8);
    expect(() => checkProcesses(options({ num_processes: 4, chunk_size: 8 }))).not.toThrow();
    expect(() => checkProcesses(options({ num_processes: 5, chunk_size: 8 }))).toThrow(
      "--num-processes 5: a pool of 8 in chunks of 8 is 4 chunks (1 of G, 1 of P, 1 of X, 1 of R), so at most 4 processes have something to do",
    );
    // A sample brings its hard negatives along, and what was answered earlier.
    expect(chunkSize(options({ hard_negatives: 1, chunk_size: 8 }))).toBe(8);
    expect(chunkSize(options({ hard_negatives: 1, chunk_size: 16 }))).toBeNull();
    expect(chunkSize(options({ cii_distractors: 2, chunk_size: 23 }))).toBe(23);
    expect(chunkSize(options({ cii_distractors: 2, chunk_size: 23, alpha: 0 }))).toBeNull();
    expect(() => checkProcesses(options({ num_processes: 5, chunk_size: 8, hard_negatives: 1 }))).not.toThrow();
  });
});

describe("a run in two processes", () => {
  const cli = join(packageRoot(), "bin/uniconv.js");
  const folder = tempDir();
  const args = (output: string, ...more: string[]) => [
    cli,
    "train",
    ..."--input prepared --model base --lora-r 4 --lora-dropout 0.1 --batch-size 5 --chunk-size 2 --num-processes 2 --accumulation 2 --max-steps 14 --epochs 9".split(
      " ",
    ),
    ..."--save-steps 2 --logging-steps 2 --warmup-steps 4 --max-query-length 64 --max-passage-length 48 --max-response-length 16 --threads 2 --device cpu".split(
      " ",
    ),
    "--output",
    output,
    ...more,
  ];
  const uniconv = (...line: string[]) => {
    const { status, stderr } = spawnSync(process.execPath, line, { cwd: folder, encoding: "utf8" });
    expect(status, stderr).toBe(0);
  };
  const checkpoints = (output: string): string[] => {
    const dir = join(folder, `${output}.partial`, "checkpoints");
    return existsSync(dir) ? readdirSync(dir).filter((name) => /^update-\d+$/.test(name)) : [];
  };
  /** Runs until there is a checkpoint of its own and ends what `victim` chooses; the workers are gone soon after, however it ended. */
  async function endedBy(output: string, end: (pids: { parent: number; workers: number[] }) => void) {
    const known = new Set(checkpoints(output));
    const resume = existsSync(join(folder, `${output}.partial`)) ? ["--resume"] : [];
    const child = spawn(process.execPath, args(output, ...resume), { cwd: folder, stdio: ["ignore", "ignore", "pipe"], detached: true });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    while (child.exitCode === null && checkpoints(output).every((name) => known.has(name))) await sleep(5);
    const workers = [...said.matchAll(/process \d of 2: pid (\d+)/g)].map((match) => Number(match[1]));
    expect(workers, said).toHaveLength(2);
    end({ parent: child.pid!, workers });
    const status = await ended;
    for (const pid of workers) expect(await goneWithin(pid, 5000), `process ${pid} is gone`).toBe(true);
    return { status, said };
  }

  it("ends cleanly when a process of it is killed, when it is, and on Ctrl-C; resumed, it writes the bytes of the run that was left alone", async () => {
    uniconv(cli, ..."prepare-data --dataset quickstart --output prepared --limit 60 -q".split(" "));
    uniconv(
      cli,
      ..."init-model --input prepared --output base --vocab-size 400 --hidden-size 16 --num-hidden-layers 1 --num-attention-heads 2 --intermediate-size 24 -q".split(
        " ",
      ),
    );
    uniconv(...args("whole", "-q"));
    const killed = await endedBy("broken", ({ workers }) => process.kill(workers[1]!, "SIGKILL"));
    expect(killed.status).toBe(4);
    expect(killed.said).toMatch(
      /process for train \(process 2 of 2\) was killed \(SIGKILL\)[^]*--chunk-size[^]*last good checkpoint is that of update \d/,
    );
    const interrupted = await endedBy("broken", ({ parent }) => process.kill(-parent, "SIGINT"));
    expect(interrupted.status).toBe(130);
    const orphaned = await endedBy("broken", ({ parent }) => process.kill(parent, "SIGKILL"));
    expect(orphaned.status).toBeNull();
    uniconv(...args("broken", "--resume", "-q"));
    const wanted = hashes(join(folder, "whole"));
    expect(Object.keys(wanted)).toContain("adapter_model.safetensors");
    expect(hashes(join(folder, "broken"))).toEqual(wanted);
  }, 120_000);
});

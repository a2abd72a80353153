/** @file A run that is killed and resumed, at any moment, writes the bytes of the run that was not. */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../../src/util/package-root.ts";
import { Rng } from "../../src/util/rng.ts";
import { tempDir } from "../helpers/temp.ts";

const KILLS = Number(process.env["UNICONV_KILLS"] ?? 5);
const cli = join(packageRoot(), "bin/uniconv.js");
const folder = tempDir();
const at = (name: string) => join(folder, name);
const uniconv = (...args: string[]) => {
  const { status, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: "utf8" });
  expect(status, stderr).toBe(0);
};

/** Small enough for a run to take a second or two; a checkpoint every third update, so that most kills fall between two. */
const flags = (output: string, tuning: "full" | "lora") =>
  `--input ${at("prepared")} --model ${at("base")} --output ${output} --tuning ${tuning} --lora-r 4 --batch-size 4 --accumulation 2 --max-steps 30 --epochs 9
   --save-steps 3 --logging-steps 2 --gen-rag-weight 1 --warmup-steps 4 --max-query-length 64 --max-passage-length 48 --max-response-length 16 --threads 1 --device cpu -q`.split(
    /\s+/,
  );

const hashes = (dir: string) =>
  Object.fromEntries(
    readdirSync(dir)
      .filter((name) => name !== "timing.jsonl")
      .sort()
      .map((name) => [
        name,
        createHash("sha256")
          .update(readFileSync(join(dir, name)))
          .digest("hex"),
      ]),
  );

beforeAll(() => {
  uniconv("prepare-data", "--dataset", "quickstart", "--output", at("prepared"), "--limit", "60", "-q");
  uniconv(
    "init-model",
    "--input",
    at("prepared"),
    "--output",
    at("base"),
    ..."--vocab-size 400 --hidden-size 32 --num-hidden-layers 2 --num-attention-heads 2 --intermediate-size 48 -q".split(" "),
  );
});

const checkpoints = (output: string): string[] => {
  const dir = join(`${output}.partial`, "checkpoints");
  return existsSync(dir) ? readdirSync(dir).filter((name) => /^update-\d+$/.test(name)) : [];
};

/** Starts or resumes the run and ends it, child and all, `delay` ms after it wrote a checkpoint of its own. */
async function runAndKill(
  output: string,
  { tuning, delay, signal }: { tuning: "full" | "lora"; delay: number; signal: "SIGKILL" | "SIGINT" },
): Promise<number | null> {
  const known = new Set(checkpoints(output));
  const resume = existsSync(`${output}.partial`) ? ["--resume"] : [];
  const child = spawn(process.execPath, [cli, "train", ...flags(output, tuning), ...resume], { stdio: "ignore", detached: true });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  while (child.exitCode === null && checkpoints(output).every((name) => known.has(name))) await setTimeout(5);
  await setTimeout(delay);
  if (child.exitCode === null) process.kill(signal === "SIGKILL" ? -child.pid! : child.pid!, signal);
  return ended;
}

describe.each(["full", "lora"] as const)("%s", (tuning) => {
  it(
    `after ${KILLS} kills and Ctrl-Cs at random moments, every file but the timing is the same to the bit`,
    async () => {
      const whole = at(`whole-${tuning}`);
      uniconv("train", ...flags(whole, tuning));
      const rng = new Rng(`kills ${tuning}`);
      const output = at(`killed-${tuning}`);
      for (let kill = 0; kill < KILLS && !existsSync(output); kill++) {
        const signal = kill % 3 === 1 ? "SIGINT" : "SIGKILL";
        const code = await runAndKill(output, { tuning, delay: rng.int(60), signal });
        if (signal === "SIGINT") expect([0, 130]).toContain(code);
        if (kill === 0) expect(checkpoints(output).length).toBeGreaterThan(0);
      }
      if (!existsSync(output)) uniconv("train", ...flags(output, tuning), "--resume");
      expect(hashes(output)).toEqual(hashes(whole));
    },
    10 * 60_000,
  );
});

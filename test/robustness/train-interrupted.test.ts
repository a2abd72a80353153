/** @file A training that was stopped: what may go on, what may not and says why, and what survives damage and a full disk. */
import { spawnSync } from "node:child_process";
import { appendFileSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli, startCli } from "../cli/run-cli.ts";
import { childrenOf } from "../helpers/alive.ts";
import { tempDir } from "../helpers/temp.ts";
import { hashes } from "../torture/series.ts";
import { run } from "../torture/strike.ts";

const folder = tempDir();
const at = (name: string) => join(folder, name);
const mounted: string[] = [];
const SMALL = `--tuning full --batch-size 4 --max-steps 30 --epochs 9 --save-steps 2 --logging-steps 2 --warmup-steps 4 --learning-rate 1e-4
  --max-query-length 64 --max-passage-length 48 --max-response-length 16 --threads 1 --device cpu`.split(/\s+/);

const training = (output: string, { model = at("base"), input = at("prepared") } = {}) => [
  "train",
  "--input",
  input,
  "--model",
  model,
  "--output",
  output,
  ...SMALL,
];

beforeAll(async () => {
  const sizes = "--vocab-size 400 --hidden-size 32 --num-hidden-layers 1 --num-attention-heads 2 --intermediate-size 48".split(" ");
  for (const args of [
    ["prepare-data", "--dataset", "quickstart", "--output", "prepared", "--limit", "40", "-q"],
    ["init-model", "--input", "prepared", "--output", "base", ...sizes, "-q"],
  ]) {
    const { code, stderr } = await runCli(args, { cwd: folder });
    expect(code, stderr).toBe(0);
  }
  const whole = await runCli(training(at("whole")));
  expect(whole.code, whole.stderr).toBe(0);
  // Two checkpoints are there when it dies.
  for (let tries = 0; readdirSync(folder).every((name) => name !== "begun.partial") || checkpoints("begun").length < 2; tries++) {
    expect(tries).toBeLessThan(20);
    const strike = { signal: "SIGKILL", victim: "all", from: "checkpoint", delay: 30 } as const;
    const { struck, stderr } = await run([...training(at("begun")), "--resume"], { output: at("begun"), strike });
    expect(struck, stderr).toBe(true);
  }
});

afterAll(() => {
  for (const dir of mounted.splice(0)) spawnSync("umount", [dir]);
});

const checkpoints = (name: string): string[] => {
  const dir = at(`${name}.partial/checkpoints`);
  return existsSync(dir) ? readdirSync(dir).filter((entry) => /^update-\d+$/.test(entry)) : [];
};

/** The unfinished run once more, under another name. */
function begun(name: string): string {
  cpSync(at("begun.partial"), at(`${name}.partial`), { recursive: true });
  return at(name);
}

const wanted = () => hashes(at("whole"));

describe("an unfinished run", () => {
  it("is neither overwritten nor continued unasked", async () => {
    const output = begun("unasked");
    const { code, stderr } = await runCli(training(output));
    expect(stderr).toMatch(/is an unfinished run; continue it with --resume, or start over with --overwrite/);
    expect(code).toBe(2);
  });

  it("is not continued with other options: each is named, with what it was and is, and nothing is touched", async () => {
    const output = begun("options");
    const before = hashes(`${output}.partial`);
    const other = ["--learning-rate", "0.001", "--lr-scheduler-type", "cosine", "--save-steps", "3", "--seed", "5", "--resume"];
    const { code, stderr } = await runCli([...training(output), ...other]);
    for (const says of [
      "learning_rate: 0.0001, now 0.001",
      'lr_scheduler_type: "linear", now "cosine"',
      "save_steps: 2, now 3",
      "seed: 0, now 5",
    ])
      expect(stderr).toContain(says);
    expect(stderr).toMatch(/cannot be resumed, it is other work .*; start over with --overwrite/);
    expect(stderr).not.toContain("batch_size");
    expect(code).toBe(2);
    expect(hashes(`${output}.partial`)).toEqual(before);
  });

  it("is not continued from another model in the same place, nor with other data", async () => {
    const output = begun("replaced");
    const [model, input] = [at("base-2"), at("prepared-2")];
    cpSync(at("base"), model, { recursive: true });
    const weights = readFileSync(join(model, "model.safetensors"));
    weights[weights.length - 2]! ^= 1;
    writeFileSync(join(model, "model.safetensors"), weights);
    const moved = await runCli([...training(output, { model }), "--resume"]);
    expect(moved.stderr).toMatch(/cannot be resumed, it is other work \(.*fingerprint of the model: "[0-9a-f]{56}.*, now /);
    expect(moved.code).toBe(2);
    const { code } = await runCli(["prepare-data", "--dataset", "quickstart", "--output", input, "--limit", "41", "-q"]);
    expect(code).toBe(0);
    const changed = await runCli([...training(output, { input }), "--resume"]);
    expect(changed.stderr).toMatch(/cannot be resumed, it is other work \(.*changed input .*train\.jsonl/);
    expect(changed.code).toBe(2);
  });

  it.each<[string, (file: string) => void]>([
    ["cut in half", (file) => truncateSync(file, Math.floor(readFileSync(file).length / 2))],
    [
      "wrong in one bit",
      (file) => {
        const bytes = readFileSync(file);
        bytes[bytes.length - 5]! ^= 4;
        writeFileSync(file, bytes);
      },
    ],
  ])("whose newest checkpoint is %s goes on from the one before it, says so, and ends in the same bytes", async (how, damage) => {
    const output = begun(`damaged ${how}`);
    const newest = checkpoints(`damaged ${how}`).sort().at(-1)!;
    damage(join(`${output}.partial/checkpoints`, newest, "state.safetensors"));
    const { code, stderr } = await runCli([...training(output), "--resume"]);
    expect(stderr).toMatch(new RegExp(`${newest} is damaged .*taking the one before it`));
    expect(code, stderr).toBe(0);
    expect(hashes(output)).toEqual(wanted());
  });
});

it("a run that is stopped and continued (SIGSTOP, SIGCONT) keeps its output locked and ends in the same bytes", async () => {
  const output = at("stopped");
  const { child, ended } = startCli(training(output));
  while (!existsSync(`${output}.partial/checkpoints`) && child.exitCode === null) await sleep(5);
  const both = [child.pid!, ...childrenOf(child.pid!)];
  for (const pid of both) process.kill(pid, "SIGSTOP");
  const second = await runCli([...training(output), "--resume"]);
  for (const pid of both) process.kill(pid, "SIGCONT");
  expect(second.stderr).toMatch(/stopped is being written by another process; wait for it/);
  expect(second.code).toBe(5);
  const first = await ended;
  expect(first.code, first.stderr).toBe(0);
  expect(hashes(output)).toEqual(wanted());
});

/** Refuses to open files of checkpoints while a file of that name is there: ordinary users cannot mount a small disk. */
const HOOK = `
  const { existsSync, promises } = require("node:fs");
  const { open } = promises;
  promises.open = (path, ...rest) =>
    String(path).includes("checkpoints") && existsSync(process.env.DISK_IS_FULL)
      ? Promise.reject(Object.assign(new Error("ENOSPC: no space left on device, open"), { code: "ENOSPC", syscall: "open" }))
      : open(path, ...rest);
  require("node:module").syncBuiltinESMExports();
`;

/** Where a run writes, what fills the disk under it, and what makes room again. */
interface Disk {
  dir: string;
  env: Record<string, string>;
  fill(): void;
  free(): void;
}

const disks: Record<string, () => Disk | undefined> = {
  "a disk of 2 MB": () => {
    const dir = tempDir();
    if (process.getuid?.() !== 0 || spawnSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", dir]).status !== 0) return undefined;
    mounted.push(dir);
    const filler = join(dir, "filler");
    return {
      dir,
      env: {},
      // Again and again, since an old checkpoint that goes makes room.
      fill() {
        for (let size = 1 << 18; size >= 1; size >>= 2) {
          try {
            for (;;) appendFileSync(filler, Buffer.alloc(size));
          } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
          }
        }
      },
      free: () => rmSync(filler),
    };
  },
  "a disk that refuses": () => {
    const dir = tempDir();
    const flag = join(dir, "full");
    writeFileSync(join(dir, "hook.cjs"), HOOK);
    const env = { NODE_OPTIONS: `--require "${join(dir, "hook.cjs")}"`, DISK_IS_FULL: flag };
    return { dir, env, fill: () => writeFileSync(flag, ""), free: () => rmSync(flag) };
  },
};

it.for(Object.keys(disks))(
  "%s in the middle of the run: exit 4 with the path; with room again it ends in the same bytes",
  async (name, context) => {
    const disk = disks[name]!();
    if (disk === undefined) return context.skip("needs root and mount");
    const output = join(disk.dir, "out");
    const { child, ended } = startCli(training(output), { env: disk.env });
    const there = (): string[] => {
      const dir = `${output}.partial/checkpoints`;
      return existsSync(dir) ? readdirSync(dir).filter((entry) => /^update-\d+$/.test(entry)) : [];
    };
    while (there().length === 0 && child.exitCode === null) await sleep(2);
    while (child.exitCode === null) {
      disk.fill();
      await sleep(2);
    }
    const { code, stderr } = await ended;
    expect(stderr).toMatch(/out\.partial\/.*: cannot .*: no space left on the device; free some and run again \(with --resume/);
    expect(code).toBe(4);
    expect(there().length).toBeGreaterThan(0);
    expect(existsSync(output)).toBe(false);
    disk.free();
    const resumed = await runCli([...training(output), "--resume"], { env: disk.env });
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(hashes(output)).toEqual(wanted());
  },
);

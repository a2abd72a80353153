/** @file `train --dry-run` against the run itself: what it says of memory is what the run takes. */
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { DevicePlan } from "../../src/train/device-plan.ts";
import { packageRoot } from "../../src/util/package-root.ts";
import { peakAnonymous } from "../helpers/anonymous.ts";
import { buildEngine } from "../helpers/small-world.ts";
import { tempDir } from "../helpers/temp.ts";

const folder = tempDir();
const bin = join(packageRoot(), "bin/uniconv.js");
const at = (name: string): string => join(folder, name);
const SMALL =
  "--device cpu --threads 2 --max-steps 2 --batch-size 8 --max-query-length 96 --max-passage-length 64 --max-response-length 32";
const train = (...flags: string[]): string[] => [
  bin,
  "train",
  "-q",
  `--input=${at("prepared")}`,
  `--model=${at("base")}`,
  ...SMALL.split(" "),
  ...flags,
];

interface Plan extends Record<"peak" | "base" | "activations" | "parameters" | "optimizer" | "gradients" | "mapped" | "limit", number> {
  fits: boolean;
}

function planned(...flags: string[]): Plan {
  const said = execFileSync(process.execPath, [...train(...flags), "--dry-run", "--json", "--output", at("none")], { encoding: "utf8" });
  return (JSON.parse(said) as { result: { memory: Plan } }).result.memory;
}

beforeAll(() => {
  buildEngine();
  const uniconv = (command: string) => expect(spawnSync(process.execPath, [bin, ...command.split(" ")], { cwd: folder }).status).toBe(0);
  uniconv("prepare-data --dataset quickstart --output prepared --limit 60 -q");
  uniconv("init-model --input prepared --output base --vocab-size 1500 -q");
}, 60_000);

describe.runIf(process.platform === "linux")("the peak of anonymous memory", () => {
  test.each([
    ["LoRA", []],
    ["full fine-tuning, recomputing", ["--tuning", "full", "--gradient-checkpointing"]],
  ])("is known to 20 %%: %s", { timeout: 120_000 }, async (name, flags) => {
    const plan = planned(...flags);
    const measured = await peakAnonymous(process.execPath, [...train(...flags), "--output", at(name)]);
    expect(plan.peak / measured, `${Math.round(plan.peak / 1e6)} MB planned, ${Math.round(measured / 1e6)} MB taken`).toBeGreaterThan(0.8);
    expect(plan.peak / measured, `${Math.round(plan.peak / 1e6)} MB planned, ${Math.round(measured / 1e6)} MB taken`).toBeLessThan(1.2);
  });
});

describe("the plan", () => {
  test("adds up, and maps the weights that are frozen", () => {
    const { peak, base, activations, parameters, optimizer, gradients, mapped, limit, fits } = planned();
    expect(base + activations + parameters + optimizer + gradients).toBe(peak);
    expect(optimizer).toBe(2 * parameters);
    expect(mapped).toBeGreaterThan(5e6);
    expect(fits).toBe(peak <= limit);
  });

  test("says where it would run, in how many processes, and what crosses each time", () => {
    const device = (...flags: string[]) => {
      const said = execFileSync(process.execPath, [...train(...flags), "--dry-run", "--json", "--output", at("none")], {
        encoding: "utf8",
      });
      return (JSON.parse(said) as { result: { device: DevicePlan } }).result.device;
    };
    const one = device();
    expect(one).toMatchObject({ devices: ["cpu"], reason: "as asked", mixed_precision: "no", sessions: 1 });
    expect(one.in_bytes).toBe(planned().parameters);
    expect(one.out_bytes).toBe(one.in_bytes);
    expect(one.frozen_bytes).toBeGreaterThan(5e6);
    const two = device("--num-processes", "2", "--tuning", "full");
    expect(two.devices).toEqual(["cpu", "cpu"]);
    expect(two.sessions).toBeGreaterThan(1);
    expect(two.frozen_bytes).toBe(0);
  });

  test("chunks take less than a whole pool", () => {
    expect(planned("--chunk-size", "2").activations).toBeLessThan(0.5 * planned().activations);
  });
});

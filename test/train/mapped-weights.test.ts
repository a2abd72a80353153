/** @file Frozen half-precision weights stay in their files: more of them is hardly more anonymous memory. `npm run mapped` tries 1 GB. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packageRoot } from "../../src/util/package-root.ts";
import { buildEngine } from "../helpers/small-world.ts";

interface Taken {
  bytes: number;
  anonymous: number;
  loss: number;
}

function steps(shape: object): Taken {
  const script = join(packageRoot(), "test/helpers/mapped-step.mjs");
  return JSON.parse(execFileSync(process.execPath, [script, JSON.stringify(shape)], { encoding: "utf8" })) as Taken;
}

test.runIf(process.platform === "linux")(
  "LoRA steps on 190 MB more of bfloat16, layers and head, add less than 57 MB",
  { timeout: 60_000 },
  () => {
    buildEngine();
    const small = steps({ hidden: 1024, wide: 2816, layers: 2, vocab: 8000 });
    const large = steps({ hidden: 1024, wide: 2816, layers: 6, vocab: 32_000 });
    const added = large.bytes - small.bytes;
    expect(added).toBeGreaterThan(180e6);
    // All weights are zero, so every token is as likely.
    expect(large.loss).toBeCloseTo(Math.log(32_000), 3);
    expect((large.anonymous - small.anonymous) / added).toBeLessThan(0.3);
  },
);

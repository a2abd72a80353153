/** @file Checkpoints of a run: the newest whole one is read, and what is damaged stands in nobody's way. */
import { cpSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkpointUpdates, describeLastCheckpoint, loadCheckpoint, saveCheckpoint } from "../../src/train/checkpoint.ts";
import { IoError } from "../../src/util/errors.ts";
import { Rng } from "../../src/util/rng.ts";
import { tempDir } from "../helpers/temp.ts";

const state = (updates: number) => ({
  parameters: new Map([["w", Float32Array.of(updates, 1)]]),
  adam: { updates, m: new Map([["w", Float32Array.of(updates, 2)]]), v: new Map([["w", Float32Array.of(updates, 3)]]) },
});
const folders = (dir: string) => readdirSync(join(dir, "checkpoints")).sort();
const damage = (dir: string, updates: number) =>
  truncateSync(join(dir, "checkpoints", `update-${String(updates).padStart(9, "0")}`, "state.safetensors"), 40);
const load = async (dir: string) => {
  const { parameters } = state(0);
  const warnings: string[] = [];
  const adam = await loadCheckpoint(dir, parameters, (message) => warnings.push(message));
  return { adam, w: [...parameters.get("w")!], warnings };
};

describe("a checkpoint", () => {
  it("gives back parameters and moments as they were, and only the two newest are kept", async () => {
    const dir = tempDir();
    for (const updates of [3, 6, 9]) await saveCheckpoint(dir, state(updates), { keep: 2 });
    expect(folders(dir)).toEqual(["update-000000006", "update-000000009"]);
    expect(await load(dir)).toEqual({ adam: state(9).adam, w: [9, 1], warnings: [] });
  });

  it("stays among the newest so many, and the older ones until the new one is whole", async () => {
    const dir = tempDir();
    for (const updates of [3, 6, 9]) await saveCheckpoint(dir, state(updates), { keep: 3 });
    expect(checkpointUpdates(dir)).toEqual([3, 6, 9]);
    // The next one cannot be written: a file is in its way.
    writeFileSync(join(dir, "checkpoints", "update-000000012.writing"), "");
    await expect(saveCheckpoint(dir, state(12), { keep: 1 })).rejects.toThrow(IoError);
    expect(checkpointUpdates(dir)).toEqual([3, 6, 9]);
    await saveCheckpoint(dir, state(15), { keep: 1 });
    expect(checkpointUpdates(dir)).toEqual([15]);
    expect(describeLastCheckpoint(dir)).toContain("the last good checkpoint is that of update 15");
  });

  it("that is damaged gives way to the one before it, and is written anew when the run is there again", async () => {
    const dir = tempDir();
    for (const updates of [3, 6]) await saveCheckpoint(dir, state(updates), { keep: 2 });
    damage(dir, 6);
    const { adam, w, warnings } = await load(dir);
    expect(adam).toEqual(state(3).adam);
    expect(w).toEqual([3, 1]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("update-000000006 is damaged");
    await saveCheckpoint(dir, state(6), { keep: 2 });
    expect((await load(dir)).w).toEqual([6, 1]);
  });

  it("damaged anywhere, by one bit or a cut in either file, is seen and never read", async () => {
    const whole = tempDir();
    for (const updates of [3, 6]) await saveCheckpoint(whole, state(updates), { keep: 2 });
    const rng = Rng.of("damaged checkpoints");
    for (let times = 0; times < 200; times++) {
      const dir = tempDir();
      cpSync(whole, dir, { recursive: true });
      const file = join(dir, "checkpoints/update-000000006", rng.pick(["state.json", "state.safetensors"]));
      const bytes = readFileSync(file);
      const at = rng.int(bytes.length);
      if (times % 4 === 0) writeFileSync(file, bytes.subarray(0, at));
      else {
        bytes[at]! ^= 1 << rng.int(8);
        writeFileSync(file, bytes);
      }
      const { adam, w, warnings } = await load(dir);
      // State.json may be cut of its last line feed and say the same.
      if (adam?.updates === 6 && file.endsWith("json")) expect({ at, w }).toEqual({ at: bytes.length - 1, w: [6, 1] });
      else expect({ adam, w, said: warnings.length }).toEqual({ adam: state(3).adam, w: [3, 1], said: 1 });
    }
  });

  it("that says another update than its folder is damaged, though it is well-formed", async () => {
    const dir = tempDir();
    for (const updates of [3, 6]) await saveCheckpoint(dir, state(updates), { keep: 2 });
    const file = join(dir, "checkpoints/update-000000006/state.json");
    writeFileSync(file, readFileSync(file, "utf8").replace('"updates":6', '"updates":7'));
    const { adam, warnings } = await load(dir);
    expect(adam).toEqual(state(3).adam);
    expect(warnings[0]).toContain("says update 7");
  });

  it("of a run begun again is not taken for older than damaged ones", async () => {
    const dir = tempDir();
    for (const updates of [6, 9]) await saveCheckpoint(dir, state(updates), { keep: 2 });
    for (const updates of [6, 9]) damage(dir, updates);
    expect((await load(dir)).adam).toBeNull();
    await saveCheckpoint(dir, state(3), { keep: 2 });
    expect((await load(dir)).w).toEqual([3, 1]);
  });
});

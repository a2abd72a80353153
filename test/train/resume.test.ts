/** @file A run that is killed and resumed, at any moment, writes the bytes of the run that was not. `npm run torture` does it 200 times. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { Rng } from "../../src/util/rng.ts";
import { tempDir } from "../helpers/temp.ts";
import { hashes, series } from "../torture/series.ts";
import { run } from "../torture/strike.ts";
import { makeWorld, type World } from "../torture/subjects.ts";

const folder = tempDir();
let world: World;

beforeAll(() => {
  world = makeWorld(folder);
});

/** Twelve in all. */
const KILLS = { "full, accumulation": 4, "lora, accumulation": 2, "lora, float16": 1, "full, stages": 3, "lora, evaluation": 2 };

// Side by side: much of a start is waiting.
describe.concurrent.each(Object.entries(KILLS))("%s", (name, kills) => {
  it(
    `after ${kills} kills, Ctrl-Cs and SIGTERMs at drawn moments, every file but the timing is the same to the bit`,
    async () => {
      const { args } = world.settings("train").find((settings) => settings.name === name)!;
      const wanted = join(folder, `whole ${name}`);
      const undisturbed = await run([...args, "--output", wanted], { output: wanted });
      expect(undisturbed.code, undisturbed.stderr).toBe(0);
      const output = join(folder, `killed ${name}`);
      const result = await series({ args, wanted, whole: undisturbed.took, output, marks: true }, { kills, rng: Rng.of("resume", name) });
      expect(result.problems).toEqual([]);
      expect(result).toMatchObject({ kills, compared: expect.any(Number) as number });
      expect(result.compared).toBeGreaterThan(0);
    },
    10 * 60_000,
  );
});

it("the comparison sees a single bit, a missing and an added file, and no wall-clock file", () => {
  const dir = join(folder, "compared");
  mkdirSync(join(dir, "inner"), { recursive: true });
  const files = ["a.bin", "inner/b.txt", "timing.jsonl", "inner/events.out.tfevents.1.host"];
  for (const name of files) writeFileSync(join(dir, name), name);
  const before = hashes(dir);
  expect(Object.keys(before)).toEqual(["a.bin", "inner/b.txt"]);
  const bytes = readFileSync(join(dir, "inner/b.txt"));
  bytes[3]! ^= 1;
  writeFileSync(join(dir, "inner/b.txt"), bytes);
  expect(hashes(dir)).not.toEqual(before);
  writeFileSync(join(dir, "c"), "");
  expect(Object.keys(hashes(dir))).toEqual(["a.bin", "c", "inner/b.txt"]);
  rmSync(join(dir, "a.bin"));
  expect(existsSync(join(dir, "a.bin"))).toBe(false);
  expect(Object.keys(hashes(dir))).toEqual(["c", "inner/b.txt"]);
});

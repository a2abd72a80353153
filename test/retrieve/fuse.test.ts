/** @file Fusion: the two formulas, missing turns, and the artifact. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { fuse, fuseRanks, fuseScores } from "../../src/retrieve/fuse.ts";
import { FuseOptions } from "../../src/schema/options/fuse.ts";
import { silentReporter } from "../../src/util/reporter.ts";
import { readRun } from "../../src/util/run-file.ts";
import type { RankedPassage } from "../../src/util/run-table.ts";

const root = mkdtempSync(join(tmpdir(), "uniconv-fuse-"));
afterAll(() => rmSync(root, { recursive: true }));
const quiet = { reporter: silentReporter, signal: new AbortController().signal };
let made = 0;

function run(lines: string[]): string {
  const path = join(root, `${made++}.trec`);
  writeFileSync(path, lines.map((line) => `${line} x\n`).join(""));
  return path;
}

const list = (...ids: string[]): RankedPassage[] => ids.map((id, i) => ({ id, score: 10 - i }));

describe("reciprocal rank fusion", () => {
  it("sums weight / (k + rank)", () => {
    const fused = fuseRanks([list("a", "b"), list("b", "c")], [1, 0.3], { k: 60, top_k: 10 });
    expect(fused).toEqual([
      { id: "b", score: 1 / 62 + 0.3 / 61 },
      { id: "a", score: 1 / 61 },
      { id: "c", score: 0.3 / 62 },
    ]);
  });
  it("looks at ranks only, never at scores", () => {
    const stretched = list("a", "b", "c").map(({ id, score }) => ({ id, score: score ** 3 }));
    const options = { k: 60, top_k: 10 };
    expect(fuseRanks([stretched, list("c")], [1, 1], options)).toEqual(fuseRanks([list("a", "b", "c"), list("c")], [1, 1], options));
  });
  it("of a run with itself keeps its order", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 20 }), (ids) => {
        const once = list(...ids);
        expect(fuseRanks([once, once], [1, 1], { k: 60, top_k: 100 }).map(({ id }) => id)).toEqual(ids);
      }),
    );
  });
  it("breaks ties by the higher id and cuts at top_k", () => {
    expect(fuseRanks([list("a"), list("b"), list("c")], [1, 1, 1], { k: 60, top_k: 2 }).map(({ id }) => id)).toEqual(["c", "b"]);
  });
});

describe("weighted fusion", () => {
  it("scales each run's scores of a turn to 0-1 and sums them by weight", () => {
    const a = [
      { id: "a", score: 30 },
      { id: "b", score: 20 },
      { id: "c", score: 10 },
    ];
    const b = [
      { id: "b", score: 0.9 },
      { id: "d", score: 0.8 },
    ];
    expect(fuseScores([a, b], [1, 2], { top_k: 10 })).toEqual([
      { id: "b", score: 2.5 },
      { id: "a", score: 1 },
      { id: "d", score: 0 },
      { id: "c", score: 0 },
    ]);
  });
  it("gives a lone passage its full weight", () => {
    expect(fuseScores([[{ id: "a", score: -3 }], []], [0.5, 1], { top_k: 10 })).toEqual([{ id: "a", score: 0.5 }]);
  });
});

describe("uniconv fuse", () => {
  it("writes a run artifact and says which run lacks turns", async () => {
    const warnings: string[] = [];
    const a = run(["t1 Q0 p 1 2", "t1 Q0 q 2 1"]);
    const b = run(["t1 Q0 q 1 2", "t2 Q0 r 1 2"]);
    const output = join(root, "fused");
    const options = FuseOptions.parse({ run: [a, b], output });
    const reporter = { ...silentReporter, warn: (message: string) => warnings.push(message) };
    expect(await fuse(options, { ...quiet, reporter })).toMatchObject({ status: "written", turns: 2, rows: 3 });
    expect(warnings).toEqual([`${a} lacks 1 of 2 turns; the other runs rank them alone`]);
    const { table } = await readRun(output);
    expect(table.passages("t1").map(({ id }) => id)).toEqual(["q", "p"]);
    expect(table.passages("t2")).toEqual([{ id: "r", score: 1 / 61 }]);
    expect(await fuse(options, quiet)).toMatchObject({ status: "done" });
    expect(readFileSync(join(output, "run.trec"), "utf8")).toMatch(/\tfused\n$/);
  });

  it("refuses weights that do not match the runs, and writes nothing", async () => {
    const a = run(["t Q0 p 1 2"]);
    const output = join(root, "refused");
    const options = FuseOptions.parse({ run: [a, a], output, weights: [1, 2, 3] });
    await expect(fuse(options, quiet)).rejects.toThrow("3 weights for 2 runs");
    await expect(fuse({ ...options, weights: [0, 0] }, quiet)).rejects.toMatchObject({ exitCode: 2 });
    expect(() => readFileSync(join(output, "manifest.json"))).toThrow();
  });

  it("needs two runs", () => {
    expect(FuseOptions.safeParse({ run: ["a"], output: "x" }).success).toBe(false);
  });
});

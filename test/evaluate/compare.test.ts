/** @file `compare`: two evaluations of the quickstart's kind, written as `evaluate` writes them, through the command line. */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compare } from "../../src/evaluate/compare.ts";
import { MetricsFile } from "../../src/schema/metrics-file.ts";
import { CompareOptions } from "../../src/schema/options/compare.ts";
import { silentReporter } from "../../src/util/reporter.ts";

const root = mkdtempSync(join(tmpdir(), "uniconv-compare-"));
let made = 0;

/** A metrics.json with scores beside it: a score per turn for each system's nDCG@3. */
function stored(
  systems: Record<string, readonly number[]>,
  { scores = true, config = {}, partial }: { scores?: boolean; config?: Record<string, string>; partial?: true } = {},
): string {
  const dir = join(root, String(made++));
  mkdirSync(dir);
  const each = <T>(value: (name: string) => T): Record<string, T> =>
    Object.fromEntries(Object.keys(systems).map((name) => [name, value(name)]));
  const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
  const metrics: MetricsFile = MetricsFile.parse({
    results: each((name) => ({ "nDCG@3": mean(systems[name]!), "nDCG@3_ci95_low": 0, "nDCG@3_ci95_high": 1 })),
    higher_is_better: each(() => ({ "nDCG@3": true })),
    "n-samples": each((name) => ({ "nDCG@3": systems[name]!.length })),
    missing: {},
    comparisons: [],
    partial,
    warnings: [],
    config: { averaging: "all", ...config },
    versions: {},
  });
  writeFileSync(join(dir, "metrics.json"), JSON.stringify(metrics));
  const lines = Object.entries(systems).flatMap(([system, values]) =>
    values.map((score, i) => `${JSON.stringify({ system, turn: `t${i}`, metric: "nDCG@3", score })}\n`),
  );
  if (scores) writeFileSync(join(dir, "scores.jsonl"), lines.join(""));
  return join(dir, "metrics.json");
}

async function check(options: Record<string, unknown>) {
  const warnings: string[] = [];
  const reporter = { ...silentReporter, warn: (message: string) => warnings.push(message) };
  const result = await compare(CompareOptions.parse(options), { reporter, signal: new AbortController().signal });
  return { ...result, warnings };
}

describe("compare", () => {
  const before = stored({ ours: [1, 0.5, 0, 1, 0.5, 0], bm25: [0, 0, 0, 0, 0, 1] });

  test("pairs systems by name, and tests the turns both scored", async () => {
    const after = stored({ bm25: [0, 0, 0, 0, 0, 1], ours: [0.5, 0, 0, 0.5, 0, 0] });
    const { changes, failures, warnings } = await check({ base: before, new: after });
    expect(changes.map(({ system, metric }) => `${system} ${metric}`)).toEqual(["bm25 nDCG@3", "ours nDCG@3"]);
    expect(changes[0]).toMatchObject({ base: 1 / 6, new: 1 / 6, p: 1 });
    // Four of six turns lost the same amount: 2 of 16 sign patterns are as far from zero.
    expect(changes[1]).toMatchObject({ base: 0.5, new: 1 / 6, n: [6, 6], p: 0.125 });
    expect([failures, warnings]).toEqual([[], []]);
  });

  test("fails on a drop beyond what is allowed, and not on one that is as large", async () => {
    const after = stored({ ours: [1, 0.5, 0, 0.7, 0.5, 0], bm25: [0, 0, 0, 0, 0, 1] });
    const { failures } = await check({ base: before, new: after, max_drop: ["nDCG@3=0.04"] });
    expect(failures).toEqual(["ours: nDCG@3 went from 0.5000 to 0.4500, 0.0500 worse; at most 0.04 was allowed"]);
    expect((await check({ base: before, new: after, max_drop: ["ndcg_cut_3=0.05"] })).failures).toEqual([]);
    expect((await check({ base: before, new: after, max_drop: ["F1=0.5"] })).failures[0]).toMatch(/F1: neither/);
  });

  test("compares the only system of each, whatever it is called, without scores too", async () => {
    const one = stored({ run: [1, 0] }, { scores: false });
    const two = stored({ "run-new": [1, 1, 1] }, { config: { averaging: "intersection" } });
    const { changes, warnings } = await check({ base: one, new: two });
    expect(changes).toEqual([{ system: "run-new", metric: "nDCG@3", base: 0.5, new: 1, n: [2, 3], p: null, higher_is_better: true }]);
    expect(warnings).toEqual([expect.stringContaining("averaging: all against intersection"), expect.stringContaining("2 against 3")]);
  });

  test("compares the only system of each beside the row that evaluate adds, which is no subject of --max-drop", async () => {
    const config = { lead: "first 30 words of the top passage" };
    const one = stored({ run: [1, 0], lead: [1, 1] }, { config });
    const two = stored({ "run-new": [0, 0], lead: [0, 1] }, { config });
    const { changes, failures } = await check({ base: one, new: two, max_drop: ["nDCG@3=0.1"] });
    expect(changes.map(({ system, base, new: now }) => [system, base, now])).toEqual([
      ["run-new", 0.5, 0],
      ["lead", 1, 0.5],
    ]);
    expect(failures).toEqual(["run-new: nDCG@3 went from 0.5000 to 0.0000, 0.5000 worse; at most 0.1 was allowed"]);
  });

  test("says which systems only one of the two has", async () => {
    const after = stored({ ours: [1, 0.5, 0, 1, 0.5, 0], dense: [1] });
    const { changes, warnings } = await check({ base: before, new: after });
    expect(changes.map(({ system }) => system)).toEqual(["ours"]);
    expect(warnings).toEqual([`bm25: scored in ${before}, not in ${after}`, `dense: not scored in ${before}`]);
  });

  test("holds a system that is gone for dropped, as a score or a dataset that is gone", async () => {
    const after = stored({ ours: [1, 0.5, 0, 1, 0.5, 0], dense: [1] });
    const { failures } = await check({ base: before, new: after, max_drop: ["nDCG@3=1"] });
    expect(failures).toEqual([expect.stringMatching(/^bm25: nDCG@3 is no longer there \(it was 0\.\d{4}\)$/)]);
  });

  test("refuses a metrics.json of what was made under --limit, wherever the file was copied to, unless it may", async () => {
    const cut = stored({ ours: [1, 0.5], bm25: [0, 0] }, { partial: true });
    await expect(check({ base: before, new: cut })).rejects.toMatchObject({
      exitCode: 2,
      message: `compare does not judge what was made under --limit: ${cut}; make it whole, or pass --allow-partial`,
    });
    expect((await check({ base: before, new: cut, allow_partial: true })).changes).toHaveLength(2);
  });

  test("refuses what shares no system, what is no evaluation, and thresholds above 1", async () => {
    const other = stored({ x: [1], y: [0] });
    await expect(check({ base: before, new: other })).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringContaining("none is in both; evaluate gives a run its name by --run NAME=PATH") as string,
    });
    const foreign = join(root, "foreign.json");
    writeFileSync(foreign, '{"nDCG@3": 1}');
    await expect(check({ base: before, new: foreign })).rejects.toMatchObject({ exitCode: 3 });
    await expect(check({ base: before, new: join(root, "absent.json") })).rejects.toMatchObject({ exitCode: 3 });
    await expect(check({ base: before, new: other, max_drop: ["nDCG@3=5"] })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining("--max-drop nDCG@3=5: thresholds lie between 0 and 1") as string,
    });
  });
});

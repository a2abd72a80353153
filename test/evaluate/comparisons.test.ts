/** @file All pairs of systems: letters and corrected p values beside scipy and statsmodels, and one walk beside many. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseMetrics, type ChosenMetric } from "../../eval/registry.ts";
import { comparisonsOf, lettered } from "../../src/evaluate/comparisons.ts";
import { type Pair, testPairs } from "../../src/evaluate/statistics/pair-tests.ts";
import { pairedTest } from "../../src/evaluate/statistics/significance.ts";
import { flippedSums } from "../../src/evaluate/statistics/sign-flips.ts";
import { markNotes, marksOf, shortened } from "../../src/report/marks.ts";
import type { Evaluation, System } from "../../src/schema/evaluation.ts";
import { Rng } from "../../src/util/rng.ts";
import { needs } from "../helpers/shared-data.ts";
import { check } from "./world.ts";

interface Golden {
  names: string[];
  scores: Record<string, Record<string, number[]>>;
  pairs: [metric: string, system: string, baseline: string][];
  cases: {
    test: "randomisation" | "t-test";
    holm_over: "metric" | "table";
    p: number[];
    holm: number[];
    letters: Record<string, string>;
  }[];
}
const golden = JSON.parse(readFileSync(new URL("golden/pairs.json", import.meta.url), "utf8")) as Golden;
const RUNNING = { compare: "all", baseline: undefined, test: "randomisation", holm_over: "metric", permutations: 10_000, seed: 0 } as const;

/** A metric called as in the golden file; only its name, its direction and its mean matter here. */
async function metricCalled(label: string): Promise<ChosenMetric> {
  const [chosen] = await chooseMetrics(["AP"]);
  return { ...chosen!, label, metric: { ...chosen!.metric, higherIsBetter: label !== "loss" } };
}

const role = "system" as const;

function evaluationOf(names: readonly string[], metrics: readonly ChosenMetric[], found: ReturnType<typeof comparisonsOf>): Evaluation {
  const rows = names.map((name): { row: System } => ({ row: { name, role, cells: [] } }));
  return {
    metrics: metrics.map(({ label, metric }) => ({ label, count: false, higher_is_better: metric.higherIsBetter })),
    systems: lettered(rows, RUNNING),
    ...found,
    breakdowns: [],
    consistency: [],
    protocol: {},
    warnings: [],
  };
}

describe("all pairs of systems, beside scipy and statsmodels", () => {
  const turns = golden.scores["gain"]![golden.names[0]!]!.map((_, i) => `t${i}`);
  const systems = golden.names.map((name) => ({
    name,
    scored: [
      {
        turns,
        over: "judged turns" as const,
        scores: new Map(Object.entries(golden.scores).map(([metric, of]) => [metric, Float64Array.from(of[name]!)])),
      },
    ],
  }));

  it.each(golden.cases)("have the letters and the p values of a $test with Holm's correction over a $holm_over", async (expected) => {
    const metrics = await Promise.all(Object.keys(golden.scores).map(metricCalled));
    const { test, holm_over } = expected;
    const found = comparisonsOf(systems, metrics, { ...RUNNING, test, holm_over });
    expect(found.significance).toEqual({ compare: "all", test, holm_over, level: 0.05, permutations: 10_000 });
    expect(found.comparisons).toHaveLength(golden.pairs.length);
    for (const [i, [metric, system, baseline]] of golden.pairs.entries()) {
      const one = found.comparisons.find((c) => c.metric === metric && c.system === system && c.baseline === baseline)!;
      const p = test === "t-test" ? one.t_p : one.randomisation_p;
      // Two systems that never differ have no t, and no p; in its family they stand with a p of 1.
      if (p === null) expect([expected.p[i], one.holm_p]).toEqual([1, null]);
      else {
        expect(Math.abs(p - expected.p[i]!), `${metric} ${system} ${baseline}`).toBeLessThan(1e-9);
        expect(Math.abs(one.holm_p! - expected.holm[i]!)).toBeLessThan(1e-9);
      }
    }
    const marks = marksOf(evaluationOf(golden.names, metrics, found));
    const letters = metrics.flatMap(({ label }) => golden.names.map((name) => [`${label}/${name}`, marks(name, label)]));
    expect(Object.fromEntries(letters)).toEqual(expected.letters);
  });

  it("say in a note which tests are corrected together", async () => {
    const metrics = await Promise.all(Object.keys(golden.scores).map(metricCalled));
    const note = (how: Partial<typeof RUNNING> | { holm_over: "table"; test: "t-test" }) =>
      markNotes(evaluationOf(golden.names, metrics, comparisonsOf(systems, metrics, { ...RUNNING, ...how })))[0];
    expect(note({})).toBe(
      "letters: better than the systems that they name (a–d: a to d), two-sided paired randomisation test (10000 sign flips), p < 0.05 after Holm's correction over the 10 tests under a metric",
    );
    const evaluation = evaluationOf(golden.names, metrics, comparisonsOf(systems, metrics, RUNNING));
    const [three] = markNotes({ ...evaluation, systems: evaluation.systems.slice(0, 3) });
    expect(three, "no range can occur").toMatch(/^letters: better than the systems that they name, two-sided/);
    expect(note({ holm_over: "table", test: "t-test" })).toMatch(
      /two-sided paired t-test, p < 0.05 after Holm's correction over the 20 tests of the table$/,
    );
  });
});

describe("one walk over each system", () => {
  const rng = new Rng("pairs");
  const turns = Array.from({ length: 75 }, (_, i) => String(i));
  const systems = ["a", "b", "c", "d"].map((name, s) => ({
    name,
    turns,
    scores: Float64Array.from(turns, () => (rng.uniform() < 0.4 + s / 20 ? 1 / (1 + rng.int(6)) : 0)),
  }));
  const pairs: Pair[] = systems.flatMap((system, i) => systems.slice(0, i).map((baseline) => ({ label: "RR", system, baseline })));
  // More than one chunk of patterns, and a last one that is not full.
  const how = { permutations: 9001, seed: 4 };

  it("finds for each pair what a test of that pair alone finds", () => {
    const alone = pairs.map(({ system, baseline }) =>
      pairedTest(
        system.scores.map((x, i) => x - baseline.scores[i]!),
        how,
      ),
    );
    expect(testPairs(pairs, how)).toEqual(alone);
    expect(new Set(alone.map(({ randomisationP }) => randomisationP)).size).toBe(pairs.length);
  });

  it("finds it over the turns both have, in whatever order they are", () => {
    const [a, b] = [systems[0]!, systems[3]!];
    const part = { ...b, turns: turns.slice(5).reverse(), scores: b.scores.slice(5).reverse() };
    const [test] = testPairs([{ label: "RR", system: part, baseline: a }], how);
    expect(test).toEqual(
      pairedTest(
        part.scores.map((x, i) => x - a.scores[74 - i]!),
        how,
      ),
    );
    expect(test!.n).toBe(70);
  });

  it("has no p where there are no turns, or no permutations", () => {
    const none = { ...systems[1]!, turns: ["x"], scores: Float64Array.of(1) };
    expect(testPairs([{ label: "RR", system: none, baseline: systems[0]! }], how)[0]).toMatchObject({ n: 0, randomisationP: null });
    expect(testPairs(pairs, { permutations: 0, seed: 0 }).map(({ randomisationP }) => randomisationP)).toEqual(pairs.map(() => null));
  });

  it("adds up signs as a plain loop does, whatever the number of turns", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 70 }), fc.nat(99), (values, seed) => {
        const column = Float64Array.from(values);
        const patterns: number[] = [];
        const basis = column.map(() => 0);
        // The sum of a column that is 1 at one turn and 0 elsewhere is the sign of that turn.
        const units = values.map((_, i) => basis.with(i, 1));
        flippedSums([column, ...units], { permutations: 33, seed }, ([sums, ...signs]) => {
          for (const [p, sum] of sums!.entries()) {
            expect(signs.every((each) => Math.abs(each[p]!) === 1)).toBe(true);
            expect(sum).toBe(values.reduce((total, value, i) => total + signs[i]![p]! * value, 0));
            patterns.push(sum);
          }
        });
        expect(patterns).toHaveLength(33);
      }),
      { numRuns: 20 },
    );
  });
});

describe("letters", () => {
  it("are written as a range from four in a row on", () => {
    expect(["", "a", "abc", "abcd", "abcdf", "acdefhXYZ"].map(shortened)).toEqual(["", "a", "abc", "a–d", "a–df", "ac–fhXYZ"]);
  });

  it("belong to the systems given, in their order; a row of our own has none", () => {
    const rows = [
      { row: { name: "x", role, cells: [] } },
      { row: { name: "lead", role: "baseline" as const, cells: [] } },
      { row: { name: "y", role, cells: [] } },
    ];
    expect(lettered(rows, { compare: "all" }).map(({ letter }) => letter)).toEqual(["a", undefined, "b"]);
    expect(lettered(rows, { compare: "baseline" }).map(({ letter }) => letter)).toEqual([undefined, undefined, undefined]);
    const many = Array.from({ length: 53 }, (_, i) => ({ row: { name: String(i), role, cells: [] } }));
    expect(() => lettered(many, { compare: "all" })).toThrow("--compare all has letters for 52 systems, there are 53");
    expect(lettered(many.slice(1), { compare: "all" }).at(-1)!.letter).toBe("Z");
  });
});

const cast = needs("vectors", "ecir2023_cast21");
describe.skipIf(cast.absent)(cast.title("the three CAsT runs"), () => {
  const RUNS = ["automatic_bm25_mono-t5_2021", "t5-canard-org_bm25_mono-t5_2021", "t5-canard_ance_bm25-b-45-k-95_mono-duo-t5_2021"];
  const run = RUNS.map((name) => `${name}=${join(cast.path, `${name}.trec.gz`)}`);

  it("beat each other where scipy says so of trec_eval's scores per turn", async () => {
    const { evaluation } = await check({
      qrels: join(cast.path, "qrels.2021.txt"),
      run,
      metric: ["nDCG@3", "RR", "AP", "R@500"],
      relevance_level: 2,
      depth: 500,
      compare: "all",
      test: "t-test",
      bootstrap: 0,
      permutations: 0,
    });
    // scipy 1.17.1: stats.ttest_rel on expected/*.l2.txt, Holm over the three pairs of a metric by hand.
    const marks = marksOf(evaluation);
    const letters = ["nDCG@3", "RR", "AP", "R@500"].map((metric) => RUNS.map((name) => marks(name, metric)));
    expect(letters).toEqual([
      ["b", "", "b"],
      ["", "", ""],
      ["b", "", "b"],
      ["b", "", "ab"],
    ]);
    // trec_eval prints scores with four decimals.
    const p = evaluation.comparisons.filter(({ metric }) => metric === "nDCG@3").map(({ t_p }) => t_p!);
    for (const [i, expected] of [0.014744, 0.72685, 0.005849].entries()) expect(Math.abs(p[i]! - expected)).toBeLessThan(3e-4);
  });
});

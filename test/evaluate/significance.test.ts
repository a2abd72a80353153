/** @file Tests and intervals beside scipy's. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mean } from "../../src/evaluate/statistics/mean.ts";
import { bootstrapIntervals } from "../../src/evaluate/statistics/bootstrap.ts";
import { holm, pairedTest, randomisationP } from "../../src/evaluate/statistics/significance.ts";
import { Rng } from "../../src/util/rng.ts";
import { logGamma, twoSidedT } from "../../src/evaluate/statistics/student-t.ts";

interface Golden {
  cases: { a: number[]; b: number[]; t: number; p: number; exact?: number; bootstrap?: [number, number] }[];
  tails: { t: number; df: number; p: number }[];
  gammas: { x: number; value: number }[];
}
const golden = JSON.parse(readFileSync(new URL("golden/significance.json", import.meta.url), "utf8")) as Golden;
const differencesOf = ({ a, b }: { a: number[]; b: number[] }) => Float64Array.from(a, (x, i) => x - b[i]!);

describe("beside scipy", () => {
  it.each(golden.cases.map((one) => ({ n: one.a.length, ...one })))("the paired t-test of $n pairs agrees to 1e-9", (one) => {
    const test = pairedTest(differencesOf(one), { permutations: 0, seed: 0 });
    expect(Math.abs(test.t! - one.t)).toBeLessThan(1e-9 * Math.max(1, Math.abs(one.t)));
    expect(Math.abs(test.tP! - one.p)).toBeLessThan(1e-9 * one.p);
    expect(test.randomisationP).toBeNull();
  });

  it("the effect size is the paired one, scipy's t over the root of n; a constant difference has none, and no t", () => {
    for (const one of golden.cases) {
      const { effectSize } = pairedTest(differencesOf(one), { permutations: 0, seed: 0 });
      const expected = one.t / Math.sqrt(one.a.length);
      expect(Math.abs(effectSize! - expected)).toBeLessThan(1e-9 * Math.max(1, Math.abs(expected)));
    }
    for (const constant of [0, 0.1, 1 / 3])
      expect(pairedTest(new Float64Array(10).fill(constant), { permutations: 0, seed: 0 })).toMatchObject({
        effectSize: null,
        t: null,
        tP: null,
      });
  });

  it.each(golden.cases.filter(({ exact }) => exact !== undefined).map((one) => ({ n: one.a.length, ...one })))(
    "the exact randomisation test of $n pairs agrees to 1e-9",
    (one) => {
      expect(Math.abs(randomisationP(differencesOf(one), 2 ** 16, 0) - one.exact!)).toBeLessThan(1e-9);
    },
  );

  it("the tail of Student's t agrees to 1e-10 of its size, far out too", () => {
    for (const { t, df, p } of golden.tails) expect(Math.abs(twoSidedT(t, df) - p), `t ${t}, df ${df}`).toBeLessThanOrEqual(1e-10 * p);
  });

  it("ln Γ agrees to 1e-13", () => {
    for (const { x, value } of golden.gammas)
      expect(Math.abs(logGamma(x) - value), `x ${x}`).toBeLessThanOrEqual(1e-13 * Math.max(1, Math.abs(value)));
  });

  it("a bootstrap interval agrees as far as its own noise allows", () => {
    const one = golden.cases.find(({ bootstrap }) => bootstrap !== undefined)!;
    const [interval] = bootstrapIntervals([Float64Array.from(one.a)], { resamples: 20_000, seed: 3 });
    const size = one.bootstrap![1] - one.bootstrap![0];
    for (const end of [0, 1]) expect(Math.abs(interval![end]! - one.bootstrap![end]!)).toBeLessThan(0.03 * size);
  });
});

describe("the randomisation test", () => {
  it("by random signs comes near the exact one", () => {
    const one = golden.cases.find(({ exact, a }) => exact !== undefined && a.length === 16)!;
    const sampled = randomisationP(differencesOf(one), 50_000, 1);
    expect(Math.abs(sampled - one.exact!)).toBeLessThan(0.01);
  });

  it("gives equal results for equal seeds, 1 for no difference, and never 0", () => {
    const differences = Float64Array.from({ length: 100 }, (_, i) => (i % 7) / 7);
    expect(randomisationP(differences, 999, 5)).toBe(randomisationP(differences, 999, 5));
    expect(randomisationP(differences, 999, 5)).toBe(1 / 1000);
    expect(randomisationP(new Float64Array(50), 999, 5)).toBe(1);
  });

  it("is blind to which system is which", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -6, max: 6 }), { minLength: 1, maxLength: 10 }), (values) => {
        const forward = Float64Array.from(values, (x) => x / 6);
        expect(randomisationP(forward, 5000, 1)).toBe(
          randomisationP(
            forward.map((x) => -x),
            5000,
            1,
          ),
        );
      }),
    );
  });

  it("finds at 5 % about 5 % of differences that are pure noise", () => {
    const rng = new Rng("noise");
    let found = 0;
    for (let trial = 0; trial < 200; trial++) {
      const noise = Float64Array.from({ length: 40 }, () => rng.normal());
      if (randomisationP(noise, 500, trial) < 0.05) found++;
    }
    expect(found).toBeGreaterThan(1);
    expect(found).toBeLessThan(25);
  });
});

describe("Holm's correction", () => {
  it("multiplies the smallest by m, the next by m - 1, and never decreases", () => {
    expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02]);
    expect(holm([0.6, 0.5])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });
});

describe("bootstrap intervals", () => {
  it("are those of resampling turn by turn, drawn from two generators by turns", () => {
    const draw = new Rng("scores");
    // Few distinct values, so that turns fall together; one column where they do not.
    const columns = [Float64Array.from({ length: 41 }, () => draw.int(3) / 2), Float64Array.from({ length: 41 }, () => draw.uniform())];
    const resamples = 41;
    for (const kept of [columns, columns.slice(0, 1)]) {
      const rngs = [Rng.of(7, "bootstrap", 41), Rng.of(7, "bootstrap", 41, "other")];
      const means = kept.map(() => [] as number[]);
      for (let sample = 0; sample < resamples; sample++) {
        // Whole pairs: of an odd number of turns the last draw is not used.
        const drawn = Array.from({ length: 42 }, (_, i) => Math.floor((rngs[i % 2]!.uint32() / 2 ** 32) * 41)).slice(0, 41);
        for (const [i, column] of kept.entries()) means[i]!.push(drawn.reduce((sum, turn) => sum + column[turn]!, 0) / 41);
      }
      // With 41 resamples the 2.5 % and 97.5 % points are the second and the last but one.
      const expected = means.map((values) => values.sort((a, b) => a - b)).map((values) => [values[1]!, values.at(-2)!]);
      for (const [i, interval] of bootstrapIntervals(kept, { resamples, seed: 7 }).entries())
        for (const end of [0, 1]) expect(interval![end]).toBeCloseTo(expected[i]![end]!, 12);
    }
  });

  it("hold the mean, share their resamples and do not exist for one turn", () => {
    const column = Float64Array.from({ length: 50 }, (_, i) => i / 50);
    const [a, b] = bootstrapIntervals([column, column.map((x) => 2 * x)], { resamples: 500, seed: 1 });
    expect(a![0]).toBeLessThan(mean(column));
    expect(a![1]).toBeGreaterThan(mean(column));
    expect(b![0]).toBeCloseTo(2 * a![0], 12);
    expect(bootstrapIntervals([column.subarray(0, 1)], { resamples: 500, seed: 1 })).toEqual([undefined]);
  });
});

/** @file Paired tests between two systems' scores on the same turns. */
import { Rng } from "../util/rng.ts";
import { mean } from "./aggregate.ts";
import { twoSidedT } from "./student-t.ts";

export interface PairedTest {
  n: number;
  difference: number;
  /** Cohen's d of the differences; null where they do not vary. */
  effectSize: number | null;
  t: number | null;
  tP: number | null;
  randomisationP: number | null;
}

/** `differences[i]` is system minus baseline on turn i. */
export function pairedTest(differences: Float64Array, { permutations, seed }: { permutations: number; seed: number }): PairedTest {
  const n = differences.length;
  const difference = mean(differences);
  const deviation = n < 2 ? 0 : Math.sqrt(differences.reduce((sum, x) => sum + (x - difference) ** 2, 0) / (n - 1));
  const varies = deviation > 0;
  const t = varies ? difference / (deviation / Math.sqrt(n)) : null;
  return {
    n,
    difference,
    effectSize: varies ? difference / deviation : null,
    t,
    tP: t === null ? null : twoSidedT(t, n - 1),
    randomisationP: n === 0 || permutations === 0 ? null : randomisationP(differences, permutations, seed),
  };
}

/**
 * Two-sided p of the hypothesis that the sign of each difference is a coin toss: the share of sign patterns whose sum is
 * as far from 0 as the observed one. All patterns where there are few enough, else `permutations` random ones, the
 * observed one counted among them.
 */
export function randomisationP(differences: Float64Array, permutations: number, seed: number): number {
  const moved = differences.filter((x) => x !== 0);
  const observed = Math.abs(moved.reduce((sum, x) => sum + x, 0));
  // Sums of the same numbers in another order differ in the last bits; they are ties all the same.
  const bar = observed - 1e-12 * moved.reduce((sum, x) => sum + Math.abs(x), 0);
  return 2 ** moved.length <= permutations ? allPatterns(moved, bar) : randomPatterns(moved, { bar, permutations, seed });
}

function allPatterns(values: Float64Array, bar: number): number {
  const patterns = 2 ** values.length;
  let extreme = 0;
  for (let pattern = 0; pattern < patterns; pattern++) {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += (pattern >>> i) & 1 ? values[i]! : -values[i]!;
    if (Math.abs(sum) >= bar) extreme++;
  }
  return extreme / patterns;
}

function randomPatterns(values: Float64Array, { bar, permutations, seed }: { bar: number; permutations: number; seed: number }): number {
  const rng = Rng.of(seed, "randomisation", values.length);
  let extreme = 1;
  for (let pattern = 0; pattern < permutations; pattern++) {
    let sum = 0;
    let signs = 0;
    for (let i = 0; i < values.length; i++) {
      if (i % 32 === 0) signs = rng.uint32();
      sum += signs & 1 ? values[i]! : -values[i]!;
      signs >>>= 1;
    }
    if (Math.abs(sum) >= bar) extreme++;
  }
  return extreme / (permutations + 1);
}

/** Holm's step-down correction: controls the chance of any false finding among several tests. */
export function holm(pValues: readonly number[]): number[] {
  const order = [...pValues.keys()].sort((a, b) => pValues[a]! - pValues[b]! || a - b);
  const corrected = [...pValues];
  let largest = 0;
  for (const [i, index] of order.entries()) {
    largest = Math.max(largest, Math.min(1, pValues[index]! * (pValues.length - i)));
    corrected[index] = largest;
  }
  return corrected;
}

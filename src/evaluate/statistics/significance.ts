/** @file Paired tests between two systems' scores on the same turns. */
import { mean, sum } from "./mean.ts";
import { flippedSums } from "./sign-flips.ts";
import { twoSidedT } from "./student-t.ts";

export interface TTest {
  n: number;
  difference: number;
  /** Cohen's d_z: the mean difference over the standard deviation of the differences (n - 1), so t = d_z √n; null where they do not vary. */
  effectSize: number | null;
  t: number | null;
  tP: number | null;
}

export interface PairedTest extends TTest {
  randomisationP: number | null;
}

/** `differences[i]` is system minus baseline on turn i. */
export function pairedTest(differences: Float64Array, { permutations, seed }: { permutations: number; seed: number }): PairedTest {
  const none = differences.length === 0 || permutations === 0;
  return { ...tTest(differences), randomisationP: none ? null : randomisationP(differences, permutations, seed) };
}

export function tTest(differences: Float64Array): TTest {
  const n = differences.length;
  const difference = mean(differences);
  const deviation = n < 2 ? 0 : Math.sqrt(differences.reduce((sum, x) => sum + (x - difference) ** 2, 0) / (n - 1));
  // Rounding gives a constant difference a deviation of 1e-17, and a t without meaning.
  const varies = deviation > 0 && differences.some((x) => x !== differences[0]);
  const t = varies ? difference / (deviation / Math.sqrt(n)) : null;
  return {
    n,
    difference,
    effectSize: varies ? difference / deviation : null,
    t,
    tP: t === null ? null : twoSidedT(t, n - 1),
  };
}

/**
 * Two-sided p of the hypothesis that the sign of each difference is a coin toss: the share of sign patterns whose sum is
 * as far from 0 as the observed one. All patterns where there are few enough, else `permutations` random ones, the
 * observed one counted among them.
 */
export function randomisationP(differences: Float64Array, permutations: number, seed: number): number {
  const exact = exactP(differences, permutations);
  if (exact !== undefined) return exact;
  const bar = barOf(differences);
  let extreme = 1;
  flippedSums([differences], { permutations, seed }, ([sums]) => {
    for (const sum of sums!) if (Math.abs(sum) >= bar) extreme++;
  });
  return extreme / (permutations + 1);
}

/** Undefined where there are more than `permutations` patterns: a difference of 0 has no sign to flip. */
export function exactP(differences: Float64Array, permutations: number): number | undefined {
  const moved = differences.filter((x) => x !== 0);
  return 2 ** moved.length <= permutations ? allPatterns(moved, barOf(moved)) : undefined;
}

/** Sums of the same numbers in another order differ in the last bits; they are ties all the same. `size`: of what was summed. */
export function barOf(differences: Float64Array, size: number = absoluteSum(differences)): number {
  return Math.abs(sum(differences)) - 1e-12 * size;
}

export const absoluteSum = (values: Float64Array): number => values.reduce((total, x) => total + Math.abs(x), 0);

function allPatterns(values: Float64Array, bar: number): number {
  const patterns = 2 ** values.length;
  let extreme = 0;
  for (let pattern = 0; pattern < patterns; pattern++) {
    let total = 0;
    for (let i = 0; i < values.length; i++) total += (pattern >>> i) & 1 ? values[i]! : -values[i]!;
    if (Math.abs(total) >= bar) extreme++;
  }
  return extreme / patterns;
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

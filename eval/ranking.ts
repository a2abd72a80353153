/** @file Counting over a judged ranking, shared by the set-based metrics. */
import type { JudgedRanking } from "./metric.ts";

/** Relevant passages among the first k. */
export function relevantWithin({ grades, level }: JudgedRanking, k: number): number {
  const end = Math.min(k, grades.length);
  let count = 0;
  for (let i = 0; i < end; i++) if (grades[i]! >= level) count++;
  return count;
}

/** The 1-based rank of the first relevant passage within k, or 0. */
export function firstRelevant({ grades, level }: JudgedRanking, k: number): number {
  const end = Math.min(k, grades.length);
  for (let i = 0; i < end; i++) if (grades[i]! >= level) return i + 1;
  return 0;
}

/** DCG: the sum of grade / log2(rank + 1) within k. Unjudged passages gain nothing. */
export function discountedGain(grades: Int32Array, k: number): number {
  const end = Math.min(k, grades.length);
  let sum = 0;
  for (let i = 0; i < end; i++) {
    const gain = grades[i]!;
    if (gain > 0) sum += gain / Math.log2(i + 2);
  }
  return sum;
}

/** The sum of gain / log2(rank + 1). */
export function discountedSum(gains: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < gains.length; i++) if (gains[i] !== 0) sum += gains[i]! / Math.log2(i + 2);
  return sum;
}

/** The sum of precision at each relevant rank within k, over the number of relevant passages. */
export function averagePrecision({ grades, level, relevant }: JudgedRanking, k: number): number {
  if (relevant === 0) return 0;
  const end = Math.min(k, grades.length);
  let found = 0;
  let sum = 0;
  for (let i = 0; i < end; i++) if (grades[i]! >= level) sum += ++found / (i + 1);
  return sum / relevant;
}

/**
 * The highest precision at or below the rank where recall reaches each point (ascending), 0 where it never does.
 * trec_eval 10 rounds point x relevant to the nearest count; older versions added 0.9 and truncated.
 */
export function interpolatedPrecision(ranking: JudgedRanking, points: readonly number[]): number[] {
  const { grades, level, relevant } = ranking;
  const values = points.map(() => 0);
  let found = relevantWithin(ranking, Infinity);
  if (grades.length === 0) return values;
  const counts = points.map((point) => Math.round(point * relevant));
  let point = points.length - 1;
  while (point >= 0 && counts[point]! > found) point--;
  let best = found / grades.length;
  for (let i = grades.length; i > 0 && found > 0; i--) {
    best = Math.max(best, found / i);
    if (grades[i - 1]! < level) continue;
    while (point >= 0 && counts[point] === found) values[point--] = best;
    found--;
  }
  while (point >= 0) values[point--] = best;
  return values;
}

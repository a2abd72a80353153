/** @file The paired tests of many pairs of systems, from one walk over each system's scores. */
import { flippedSums } from "./sign-flips.ts";
import { absoluteSum, barOf, exactP, type PairedTest, randomisationP, tTest, type TTest } from "./significance.ts";

/** What one system scored under one metric: `scores[i]` on `turns[i]`. */
export interface SystemScores {
  name: string;
  turns: readonly string[];
  scores: Float64Array;
}

export interface Pair {
  label: string;
  system: SystemScores;
  /** What is subtracted. */
  baseline: SystemScores;
}

/** What `pairedTest` says of the differences of each pair, over the turns both have. */
export function testPairs(pairs: readonly Pair[], how: { permutations: number; seed: number }): PairedTest[] {
  const sampled: Sampled[] = [];
  const ps: (number | null)[] = [];
  const students = pairs.map(({ system, baseline }, at): TTest => {
    const same = sameTurns(system.turns, baseline.turns);
    const differences = same ? system.scores.map((x, i) => x - baseline.scores[i]!) : sharedDifferences(system, baseline);
    const exact = how.permutations === 0 || differences.length === 0 ? null : exactP(differences, how.permutations);
    if (exact === undefined && same) sampled.push(sampledTest(at, differences, [system.scores, baseline.scores]));
    else ps[at] = exact === undefined ? randomisationP(differences, how.permutations, how.seed) : exact;
    return tTest(differences);
  });
  for (const n of new Set(sampled.map(({ columns }) => columns[0].length)))
    randomise(
      sampled.filter(({ columns }) => columns[0].length === n),
      how,
    );
  for (const { at, extreme } of sampled) ps[at] = extreme / (how.permutations + 1);
  return students.map((student, i) => ({ ...student, randomisationP: ps[i]! }));
}

/** A pair whose sign patterns are too many to try them all. */
interface Sampled {
  at: number;
  columns: readonly [Float64Array, Float64Array];
  bar: number;
  /** Patterns as extreme as the observed one, which is counted among them. */
  extreme: number;
}

function sampledTest(at: number, differences: Float64Array, columns: readonly [Float64Array, Float64Array]): Sampled {
  return { at, columns, bar: barOf(differences, absoluteSum(columns[0]) + absoluteSum(columns[1])), extreme: 1 };
}

/** Σ ±(a - b) = Σ ±a - Σ ±b: the sums of each system serve all its pairs. */
function randomise(tests: readonly Sampled[], how: { permutations: number; seed: number }): void {
  const columns = [...new Set(tests.flatMap((test) => test.columns))];
  const places = new Map(columns.map((column, c) => [column, c]));
  flippedSums(columns, how, (sums) => {
    for (const test of tests) {
      const [a, b] = test.columns.map((column) => sums[places.get(column)!]!) as [Float64Array, Float64Array];
      test.extreme += beyond(a, b, test.bar);
    }
  });
}

function beyond(a: Float64Array, b: Float64Array, bar: number): number {
  let count = 0;
  for (let i = 0; i < a.length; i++) if (Math.abs(a[i]! - b[i]!) >= bar) count++;
  return count;
}

const sameTurns = (a: readonly string[], b: readonly string[]): boolean =>
  a === b || (a.length === b.length && a.every((turn, i) => turn === b[i]));

/** Where --averaging intersection left turns out. */
function sharedDifferences(a: SystemScores, b: SystemScores): Float64Array {
  const places = new Map(b.turns.map((turn, i) => [turn, i]));
  return Float64Array.from(
    a.turns.flatMap((turn, i) => {
      const place = places.get(turn);
      return place === undefined ? [] : [a.scores[i]! - b.scores[place]!];
    }),
  );
}

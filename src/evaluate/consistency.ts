/** @file Retrieval against generation, turn by turn: does a system answer well where it retrieves well (UniConv, §4.6)? */
import { type Consistency, GOOD_ANSWER } from "../schema/evaluation.ts";
import { mean } from "./statistics/mean.ts";
import type { Scored } from "./scoring/rows.ts";

/** Over the turns that have both scores; undefined where there are none. */
export function consistency(
  system: string,
  scored: readonly Scored[],
  labels: { retrieval: string; answer: string },
): Consistency | undefined {
  const [found, answered] = [labels.retrieval, labels.answer].map((label) => byTurn(scored, label));
  if (found === undefined || answered === undefined) return undefined;
  const pairs = [...found].flatMap(([turn, x]) => (answered.has(turn) ? [[x, answered.get(turn)!] as const] : []));
  if (pairs.length === 0) return undefined;
  const count = (hit: boolean, good: boolean): number => pairs.filter(([x, y]) => x > 0 === hit && y >= GOOD_ANSWER === good).length;
  const answers = (hit: boolean): number | null => {
    const scores = pairs.filter(([x]) => x > 0 === hit).map(([, y]) => y);
    return scores.length === 0 ? null : mean(Float64Array.from(scores));
  };
  return {
    system,
    retrieval: labels.retrieval,
    answer: labels.answer,
    n: pairs.length,
    pearson: pearson(pairs),
    spearman: pearson(ranked(pairs)),
    answer_where_found: answers(true),
    answer_where_missed: answers(false),
    quadrants: {
      found_and_good: count(true, true),
      found_and_poor: count(true, false),
      missed_and_good: count(false, true),
      missed_and_poor: count(false, false),
    },
  };
}

function byTurn(scored: readonly Scored[], label: string): Map<string, number> | undefined {
  const one = scored.find(({ scores }) => scores.has(label));
  const values = one?.scores.get(label);
  return values && new Map(one!.turns.map((turn, at) => [turn, values[at]!]));
}

/** Null where one side does not vary. */
function pearson(pairs: readonly (readonly [number, number])[]): number | null {
  const [mx, my] = [0, 1].map((side) => mean(Float64Array.from(pairs, (pair) => pair[side]!))) as [number, number];
  let [xx, yy, xy] = [0, 0, 0];
  for (const [x, y] of pairs) {
    xx += (x - mx) ** 2;
    yy += (y - my) ** 2;
    xy += (x - mx) * (y - my);
  }
  return xx === 0 || yy === 0 ? null : xy / Math.sqrt(xx * yy);
}

/** Ties share the mean of their ranks. */
function ranked(pairs: readonly (readonly [number, number])[]): [number, number][] {
  const [xs, ys] = [0, 1].map((side) => ranks(pairs.map((pair) => pair[side]!))) as [number[], number[]];
  return pairs.map((_, at) => [xs[at]!, ys[at]!]);
}

function ranks(values: readonly number[]): number[] {
  const order = [...values.keys()].sort((a, b) => values[a]! - values[b]! || a - b);
  const out: number[] = values.map(() => 0);
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to + 1 < order.length && values[order[to + 1]!] === values[order[from]!]) to++;
    for (let at = from; at <= to; at++) out[order[at]!] = (from + to) / 2;
    from = to + 1;
  }
  return out;
}

/** @file From scores per turn to the cells of a row, and to comparisons between rows. */
import type { ChosenMetric } from "../../eval/registry.ts";
import type { Cell, Comparison } from "../schema/evaluation.ts";
import { aggregate } from "./aggregate.ts";
import { bootstrapIntervals } from "./bootstrap.ts";
import { holm, pairedTest } from "./significance.ts";

/** The scores of one system under some metrics, over one list of turns. */
export interface Scored {
  turns: readonly string[];
  scores: ReadonlyMap<string, Float64Array>;
  corpus?: ReadonlyMap<string, number>;
}

export function cellsOf(scored: Scored, metrics: readonly ChosenMetric[], how: { resamples: number; seed: number }): Cell[] {
  // An interval is one of a mean over turns.
  const averaged = metrics.filter(({ metric, label }) => metric.aggregate === "mean" && !scored.corpus?.has(label));
  const columns = averaged.map(({ label }) => scored.scores.get(label)!);
  const intervals = new Map(bootstrapIntervals(columns, how).map((interval, i) => [averaged[i]!.label, interval]));
  return metrics.map(({ metric, label }) => {
    const value = scored.corpus?.get(label) ?? aggregate(scored.scores.get(label)!, metric.aggregate);
    const interval = intervals.get(label);
    return { metric: label, value, n: scored.turns.length, ...(interval === undefined ? {} : { interval }) };
  });
}

export function missingCells(metrics: readonly ChosenMetric[], reason: string): Cell[] {
  return metrics.map(({ label }) => ({ metric: label, value: null, reason, n: 0 }));
}

/** Each later system against `baseline`, metric by metric; Holm's correction runs over the systems compared under a metric. */
export function compareAll(
  systems: readonly { name: string; scored: readonly Scored[] }[],
  {
    metrics,
    baseline,
    permutations,
    seed,
  }: { metrics: readonly ChosenMetric[]; baseline: string | undefined; permutations: number; seed: number },
): Comparison[] {
  return metrics.flatMap(({ metric, label }) => {
    if (metric.aggregate !== "mean") return [];
    const having = systems.flatMap(({ name, scored }) => scored.filter(({ scores }) => scores.has(label)).map((one) => ({ name, one })));
    const base = having.find(({ name }) => baseline === undefined || name === baseline);
    if (base === undefined) return [];
    const tests = having
      .filter(({ name }) => name !== base.name)
      .map(({ name, one }) => ({ name, test: pairedTest(differences(one, base.one, label), { permutations, seed }) }));
    const corrected = holm(tests.map(({ test }) => test.randomisationP ?? 1));
    return tests.map(({ name, test }, i) => ({
      metric: label,
      system: name,
      baseline: base.name,
      n: test.n,
      difference: test.difference,
      effect_size: test.effectSize,
      t: test.t,
      t_p: test.tP,
      randomisation_p: test.randomisationP,
      holm_p: test.randomisationP === null ? null : corrected[i]!,
    }));
  });
}

/** Over the turns both have: all of them, unless --averaging intersection left some out. */
function differences(system: Scored, baseline: Scored, label: string): Float64Array {
  const a = system.scores.get(label)!;
  const b = baseline.scores.get(label)!;
  const places = new Map(baseline.turns.map((turn, i) => [turn, i]));
  const values: number[] = [];
  for (const [i, turn] of system.turns.entries()) {
    const place = places.get(turn);
    if (place !== undefined) values.push(a[i]! - b[place]!);
  }
  return Float64Array.from(values);
}

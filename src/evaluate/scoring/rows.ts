/** @file From scores per turn to the cells of a row. */
import type { ChosenMetric } from "../../../eval/registry.ts";
import type { Cell } from "../../schema/evaluation.ts";
import { aggregate } from "./aggregate.ts";
import { bootstrapIntervals } from "../statistics/bootstrap.ts";
import type { Over } from "./turns.ts";

/** The scores of one system under some metrics, over one list of turns. */
export interface Scored {
  turns: readonly string[];
  /** What these turns are: those with judgements, with references, with evidence. */
  over: Over;
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

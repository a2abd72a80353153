/** @file From a score per turn to one number. */
import type { Metric } from "../../eval/metric.ts";

/** trec_eval's floor for geometric means. */
const SMALLEST = 0.00001;

export function aggregate(scores: Float64Array, how: Metric["aggregate"]): number {
  if (how === "geometric-mean") return Math.exp(mean(scores.map((score) => Math.log(Math.max(score, SMALLEST)))));
  return how === "sum" ? sum(scores) : mean(scores);
}

export function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

export function mean(values: Float64Array): number {
  return values.length === 0 ? 0 : sum(values) / values.length;
}

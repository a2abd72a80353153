/** @file From a score per turn to one number. */
import type { Metric } from "../../../eval/metric.ts";
import { mean, sum } from "../statistics/mean.ts";

/** trec_eval's floor for geometric means. */
const SMALLEST = 0.00001;

export function aggregate(scores: Float64Array, how: Metric["aggregate"]): number {
  if (how === "geometric-mean") return Math.exp(mean(scores.map((score) => Math.log(Math.max(score, SMALLEST)))));
  return how === "sum" ? sum(scores) : mean(scores);
}

/** @file 11pt_avg: interpolated precision averaged over recall 0, 0.1, … 1. */
import { interpolatedPrecision } from "../ranking.ts";
import type { RetrievalMetric } from "../metric.ts";

const POINTS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

export const metric: RetrievalMetric = {
  kind: "retrieval",
  name: "11pt_avg",
  aliases: [],
  about: "interpolated precision averaged over the recall points 0, 0.1, … 1",
  source: "trec_eval 11pt_avg",
  higherIsBetter: true,
  aggregate: "mean",
  parameter: "none",
  trec: () => "11pt_avg",
  score: (ranking) => interpolatedPrecision(ranking, POINTS).reduce((sum, value) => sum + value, 0) / POINTS.length,
  examples: [
    { ranking: [1], judgments: [1], score: 1 },
    // with two relevant passages, points up to 0.7 round to at most one passage (precision 1); 0.8 to 1 want the second, never found
    { ranking: [1, 0], judgments: [1, 1, 0], score: 8 / 11 },
  ],
};

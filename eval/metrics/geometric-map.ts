/** @file gm_map: AP averaged geometrically, so that improving a bad turn counts for more. */
import { averagePrecision } from "../ranking.ts";
import type { RetrievalMetric } from "../metric.ts";

export const metric: RetrievalMetric = {
  kind: "retrieval",
  name: "gm_map",
  aliases: ["GMAP"],
  about: "AP, averaged geometrically over turns (zeros count as 0.00001)",
  source: "trec_eval gm_map",
  higherIsBetter: true,
  aggregate: "geometric-mean",
  parameter: "none",
  trec: () => "gm_map",
  score: (ranking) => averagePrecision(ranking, Infinity),
  examples: [{ ranking: [0, 1], judgements: [1, 0], score: 0.5 }],
};

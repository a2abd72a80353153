/** @file AP: precision averaged over the ranks of the relevant passages (MAP is its mean over turns). */
import { averagePrecision } from "../ranking.ts";
import type { RetrievalMetric } from "../metric.ts";

export const metric: RetrievalMetric = {
  kind: "retrieval",
  name: "AP",
  aliases: ["MAP", "map_cut"],
  about: "precision at the rank of each relevant passage, summed and divided by the number of relevant passages",
  source: "trec_eval map, map_cut",
  higherIsBetter: true,
  aggregate: "mean",
  parameter: "optional-cutoff",
  trec: (k) => (k === Infinity ? "map" : `map_cut_${k}`),
  score: averagePrecision,
  examples: [
    { ranking: [1, 0, 1], judgements: [1, 1, 0], score: (1 + 2 / 3) / 2 },
    { ranking: [1, 0, 1], judgements: [1, 1, 0], parameter: 2, score: 0.5 },
  ],
};

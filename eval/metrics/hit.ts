/** @file Hit@k: 1 if any relevant passage stands among the first k. */
import { firstRelevant } from "../ranking.ts";
import type { RetrievalMetric } from "../metric.ts";

export const metric: RetrievalMetric = {
  kind: "retrieval",
  name: "Hit",
  aliases: ["Hits", "Success"],
  about: "1 if a relevant passage stands among the first k, else 0",
  source: "trec_eval success; Hits@k of DPR and TopiOCQA",
  higherIsBetter: true,
  aggregate: "mean",
  parameter: "cutoff",
  trec: (k) => `success_${k}`,
  score: (ranking, k) => (firstRelevant(ranking, k) === 0 ? 0 : 1),
  examples: [
    { ranking: [0, 1, 1], judgements: [1, 1, 0], parameter: 2, score: 1 },
    { ranking: [0, 1], judgements: [1, 0], parameter: 1, score: 0 },
  ],
};

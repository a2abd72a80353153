/** @file R@k: the share of the turn's relevant passages that stand among the first k (not a hit rate). */
import { relevantWithin } from "../ranking.ts";
import type { RetrievalMetric } from "../metric.ts";

export const metric: RetrievalMetric = {
  kind: "retrieval",
  name: "R",
  aliases: ["Recall"],
  about: "relevant passages among the first k, divided by all relevant passages of the turn",
  source: "trec_eval recall",
  higherIsBetter: true,
  aggregate: "mean",
  parameter: "cutoff",
  trec: (k) => `recall_${k}`,
  score: (ranking, k) => (ranking.relevant === 0 ? 0 : relevantWithin(ranking, k) / ranking.relevant),
  examples: [
    { ranking: [1, 0, 1, 1], judgements: [1, 1, 1, 1, 0], parameter: 3, score: 0.5 },
    { ranking: [1], judgements: [1], level: 2, parameter: 10, score: 0 },
  ],
};

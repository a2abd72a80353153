/** @file P@k: the share of the first k ranks that hold a relevant passage. */
import { relevantWithin } from "../ranking.ts";
import type { RetrievalMetric } from "../metric.ts";

export const metric: RetrievalMetric = {
  kind: "retrieval",
  name: "P",
  aliases: ["Precision"],
  about: "relevant passages among the first k, divided by k (ranks the run does not fill count as misses)",
  source: "trec_eval P",
  higherIsBetter: true,
  aggregate: "mean",
  parameter: "cutoff",
  trec: (k) => `P_${k}`,
  score: (ranking, k) => relevantWithin(ranking, k) / k,
  examples: [
    { ranking: [1, 0, 1], judgements: [1, 1, 1], parameter: 5, score: 0.4 },
    { ranking: [], judgements: [1], parameter: 5, score: 0 },
  ],
};

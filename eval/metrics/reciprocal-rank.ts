/** @file RR: one over the rank of the first relevant passage, over the whole stored list unless a cutoff is given. */
import { firstRelevant } from "../ranking.ts";
import type { RetrievalMetric } from "../metric.ts";

export const metric: RetrievalMetric = {
  kind: "retrieval",
  name: "RR",
  aliases: ["MRR", "recip_rank"],
  about: "1 / rank of the first relevant passage; 0 if there is none (within k)",
  source: "trec_eval recip_rank",
  higherIsBetter: true,
  aggregate: "mean",
  parameter: "optional-cutoff",
  trec: (k) => (k === Infinity ? "recip_rank" : `recip_rank_${k}`),
  score(ranking, k) {
    const rank = firstRelevant(ranking, k);
    return rank === 0 ? 0 : 1 / rank;
  },
  examples: [
    { ranking: [0, -1, 1, 1], judgements: [1, 1, 0], score: 1 / 3 },
    { ranking: [0, -1, 1], judgements: [1, 0], parameter: 2, score: 0 },
    { ranking: [1, 2], judgements: [1, 2], level: 2, score: 0.5 },
  ],
};

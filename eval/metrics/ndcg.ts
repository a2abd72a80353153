/** @file nDCG@k: sum of grade / log2(rank + 1), divided by the same sum over the ideal ranking. */
import { discountedGain } from "../ranking.ts";
import type { RetrievalMetric } from "../metric.ts";

export const metric: RetrievalMetric = {
  kind: "retrieval",
  name: "nDCG",
  aliases: ["ndcg_cut"],
  about: "discounted cumulative gain (gain = grade, discount log2(rank + 1)) over that of the ideal ranking; ignores --relevance-level",
  source: "Järvelin and Kekäläinen, TOIS 20 (2002); trec_eval ndcg, ndcg_cut",
  higherIsBetter: true,
  aggregate: "mean",
  parameter: "optional-cutoff",
  trec: (k) => (k === Infinity ? "ndcg" : `ndcg_cut_${k}`),
  score({ grades, ideal }, k) {
    const best = discountedGain(ideal, k);
    return best === 0 ? 0 : discountedGain(grades, k) / best;
  },
  examples: [
    { ranking: [0, -1, 1], judgments: [1, 0], parameter: 3, score: 0.5 },
    { ranking: [-1, 1], judgments: [1], parameter: 3, score: 0.6309297535714575 },
    // gain is the grade, not 2^grade - 1: (1 + 2 / log2 3) / (2 + 1 / log2 3)
    { ranking: [1, 2], judgments: [2, 1], score: 0.8597186998521972 },
    { ranking: [1], judgments: [0], score: 0 },
  ],
};

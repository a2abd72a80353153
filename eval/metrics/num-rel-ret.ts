/** @file num_rel_ret: relevant passages retrieved. */
import type { RetrievalMetric } from "../metric.ts";
import { relevantWithin } from "../ranking.ts";
export const metric: RetrievalMetric = {
  kind: "retrieval",
  name: "num_rel_ret",
  aliases: [],
  about: "relevant passages retrieved",
  source: "trec_eval num_rel_ret",
  higherIsBetter: true,
  aggregate: "sum",
  parameter: "none",
  trec: () => "num_rel_ret",
  score: (ranking) => relevantWithin(ranking, Infinity),
  examples: [{ ranking: [1, -1, 2], judgements: [1, 1, 2], score: 2 }],
};

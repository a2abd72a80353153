/** @file num_ret: passages retrieved. */
import type { RetrievalMetric } from "../metric.ts";

export const metric: RetrievalMetric = {
  kind: "retrieval",
  name: "num_ret",
  aliases: [],
  about: "passages retrieved",
  source: "trec_eval num_ret",
  higherIsBetter: true,
  aggregate: "sum",
  parameter: "none",
  trec: () => "num_ret",
  score: ({ grades }) => grades.length,
  examples: [{ ranking: [1, -1, 0], judgements: [1, 1, 0], score: 3 }],
};

/** @file num_q: the number of turns averaged over. */
import type { RetrievalMetric } from "../metric.ts";

export const metric: RetrievalMetric = {
  kind: "retrieval",
  name: "num_q",
  aliases: [],
  about: "the number of turns averaged over",
  source: "trec_eval num_q",
  higherIsBetter: true,
  aggregate: "sum",
  parameter: "none",
  trec: () => "num_q",
  score: () => 1,
  examples: [{ ranking: [], judgements: [1], score: 1 }],
};

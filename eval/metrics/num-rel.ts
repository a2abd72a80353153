/** @file num_rel: relevant passages in the qrels. */
import type { RetrievalMetric } from "../metric.ts";

export const metric: RetrievalMetric = {
  kind: "retrieval",
  name: "num_rel",
  aliases: [],
  about: "relevant passages in the qrels",
  source: "trec_eval num_rel",
  higherIsBetter: true,
  aggregate: "sum",
  parameter: "none",
  trec: () => "num_rel",
  score: ({ relevant }) => relevant,
  examples: [{ ranking: [], judgements: [2, 1, 0], level: 2, score: 1 }],
};

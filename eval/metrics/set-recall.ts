/** @file set_recall: the share of the relevant passages found anywhere in the list. */
import { relevantWithin } from "../ranking.ts";
import type { RetrievalMetric } from "../metric.ts";

export const metric: RetrievalMetric = {
  kind: "retrieval",
  name: "set_recall",
  aliases: ["SetR"],
  about: "relevant passages anywhere in the list, divided by all relevant passages of the turn",
  source: "trec_eval set_recall",
  higherIsBetter: true,
  aggregate: "mean",
  parameter: "none",
  trec: () => "set_recall",
  score: (ranking) => (ranking.relevant === 0 ? 0 : relevantWithin(ranking, Infinity) / ranking.relevant),
  examples: [{ ranking: [0, -1, 1], judgements: [1, 1, 0], score: 0.5 }],
};

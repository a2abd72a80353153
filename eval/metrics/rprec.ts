/** @file Rprec: precision at rank R, where R is the number of relevant passages of the turn. */
import { relevantWithin } from "../ranking.ts";
import type { RetrievalMetric } from "../metric.ts";

export const metric: RetrievalMetric = {
  kind: "retrieval",
  name: "Rprec",
  aliases: ["R-Precision"],
  about: "precision at rank R, R being the number of relevant passages of the turn",
  source: "trec_eval Rprec",
  higherIsBetter: true,
  aggregate: "mean",
  parameter: "none",
  trec: () => "Rprec",
  score: (ranking) => (ranking.relevant === 0 ? 0 : relevantWithin(ranking, ranking.relevant) / ranking.relevant),
  examples: [{ ranking: [1, 0, 1], judgements: [1, 1, 0], score: 0.5 }],
};

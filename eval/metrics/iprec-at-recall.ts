/** @file iprec_at_recall: the best precision from the point on where a recall level is reached. */
import { printfFixed } from "../../src/util/printf.ts";
import { interpolatedPrecision } from "../ranking.ts";
import type { RetrievalMetric } from "../metric.ts";

export const metric: RetrievalMetric = {
  kind: "retrieval",
  name: "iprec_at_recall",
  aliases: ["IPrec"],
  about: "highest precision at any rank where recall is at least x",
  source: "trec_eval iprec_at_recall",
  higherIsBetter: true,
  aggregate: "mean",
  parameter: "recall-point",
  trec: (point) => `iprec_at_recall_${printfFixed(point, 2)}`,
  score: (ranking, point) => interpolatedPrecision(ranking, [point])[0]!,
  examples: [
    { ranking: [0, 1, 1, 0], judgements: [1, 1, 0, 0], parameter: 0.5, score: 2 / 3 },
    { ranking: [1, 0], judgements: [1, 1, 0], parameter: 1, score: 0 },
  ],
};

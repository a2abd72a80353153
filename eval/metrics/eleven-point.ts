/** @file 11pt_avg: interpolated precision averaged over recall 0, 0.1, … 1. */
import { interpolatedPrecision } from "../ranking.ts";
import type { JudgedRanking, RetrievalMetric } from "../metric.ts";

const POINTS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

export const metric: RetrievalMetric = {
  kind: "retrieval",
  name: "11pt_avg",
  aliases: [],
  about: "interpolated precision averaged over the recall points 0, 0.1, … 1",
  source: "trec_eval 11pt_avg",
  higherIsBetter: true,
  aggregate: "mean",
  parameter: "none",
  trec: () => "11pt_avg",
  score: (ranking) => averageAt(ranking, POINTS),
  variant(parameters) {
    const points = parameters.split(",").map((point) => (point === "" ? Number.NaN : Number(point)));
    if (!points.every((point) => point >= 0 && point <= 1)) return undefined;
    points.sort((a, b) => a - b);
    return {
      ...metric,
      name: `11pt_avg@${parameters}`,
      aliases: [],
      about: `interpolated precision averaged over the recall points ${parameters}`,
      trec: () => `11pt_avg_${parameters}`,
      score: (ranking) => averageAt(ranking, points),
    };
  },
  examples: [
    { ranking: [1], judgements: [1], score: 1 },
    // with two relevant passages, points up to 0.7 round to at most one passage (precision 1); 0.8 to 1 want the second, never found
    { ranking: [1, 0], judgements: [1, 1, 0], score: 8 / 11 },
  ],
};

/** Summed from the highest point down, as trec_eval does: the order decides the last bit. */
function averageAt(ranking: JudgedRanking, points: readonly number[]): number {
  return interpolatedPrecision(ranking, points).reduceRight((sum, value) => sum + value, 0) / points.length;
}

/** @file nDCG@k: sum of grade / log2(rank + 1), divided by the same sum over the ideal ranking. */
import { discountedGain, discountedSum } from "../ranking.ts";
import type { JudgedRanking, RetrievalMetric } from "../metric.ts";

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
  variant(parameters) {
    const pairs = parameters.split(",").map((pair) => /^(\d+)=(-?\d+\.?\d*|-?\.\d+)$/.exec(pair));
    if (pairs.includes(null)) return undefined;
    const gains = new Map(pairs.map((pair) => [Number(pair![1]), Number(pair![2])]));
    return {
      ...metric,
      name: `nDCG@${parameters}`,
      aliases: [],
      about: `nDCG with the gains ${parameters} instead of those grades; other grades are their own gain`,
      parameter: "none",
      trec: () => `ndcg_${parameters}`,
      score: (ranking) => gainedNdcg(ranking, (grade) => gains.get(grade) ?? grade),
    };
  },
  examples: [
    { ranking: [0, -1, 1], judgements: [1, 0], parameter: 3, score: 0.5 },
    { ranking: [-1, 1], judgements: [1], parameter: 3, score: 0.6309297535714575 },
    // gain is the grade, not 2^grade - 1: (1 + 2 / log2 3) / (2 + 1 / log2 3)
    { ranking: [1, 2], judgements: [2, 1], score: 0.8597186998521972 },
    { ranking: [1], judgements: [0], score: 0 },
  ],
};

/** Passages graded 0 may gain too, and a judged one may lose; an ideal ranking ends where gains are no longer positive. */
function gainedNdcg({ grades, ideal, relevant, nonrelevant }: JudgedRanking, gain: (grade: number) => number): number {
  const judged = [...ideal, ...Array.from({ length: relevant + nonrelevant - ideal.length }, () => 0)];
  const best = discountedSum(
    Float64Array.from(judged, gain)
      .filter((value) => value > 0)
      .sort()
      .reverse(),
  );
  return best === 0 ? 0 : discountedSum(Float64Array.from(grades, (grade) => (grade < 0 ? 0 : gain(grade)))) / best;
}

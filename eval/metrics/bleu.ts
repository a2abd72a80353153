/** @file BLEU-n: clipped n-gram precision of the whole corpus, with a brevity penalty. */
import type { AnswerMetric } from "../metric.ts";
import { BleuCounts, bleuTokens } from "../text/bleu.ts";

export const metric: AnswerMetric = {
  kind: "answer",
  name: "BLEU",
  aliases: [],
  about:
    "geometric mean of the clipped 1- to n-gram precisions of all answers together, times a brevity penalty; tokens \\w+ and single signs",
  source: "Papineni et al., ACL 2002; MS MARCO's ms_marco_eval.py (there with spaCy tokens)",
  higherIsBetter: true,
  aggregate: "mean",
  parameter: "order",
  score: (answer, order) => score([answer], order),
  corpus: score,
  examples: [
    { prediction: "the cat the cat", references: ["The cat sat."], parameter: 1, score: 0.5 },
    { prediction: "the cat sat on", references: ["the cat sat on a mat", "a"], parameter: 2, score: Math.exp(1 - 6 / 4) },
    { prediction: "a b", references: ["a b"], parameter: 2, score: 1 },
  ],
};

function score(answers: Parameters<NonNullable<AnswerMetric["corpus"]>>[0], order: number): number {
  const counts = new BleuCounts(order);
  for (const { prediction, references } of answers) counts.add(bleuTokens(prediction), references.map(bleuTokens));
  return counts.score();
}

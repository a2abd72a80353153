/** @file BLEU-n: clipped n-gram precision of the whole corpus, with a brevity penalty. */
import type { AnswerMetric } from "../metric.ts";
import { BleuCounts } from "../text/bleu.ts";
import { isAnswerable, msmarcoTokens, withoutSpaces } from "../text/msmarco.ts";

export const metric: AnswerMetric = {
  kind: "answer",
  name: "BLEU",
  aliases: [],
  about:
    "geometric mean of the clipped 1- to n-gram precisions of all answers together, times a brevity penalty; spaCy's English tokens in " +
    'lower case; turns with the reference "No Answer Present." are left out',
  source: "Papineni et al., ACL 2002, as in MS MARCO's ms_marco_eval.py",
  higherIsBetter: true,
  aggregate: "mean",
  parameter: "order",
  answerable: isAnswerable,
  score: (answer, order) => score([answer], order),
  corpus: score,
  examples: [
    { prediction: "I don't.", references: ["I do n't ."], parameter: 4, score: 1 },
    { prediction: "the cat the cat", references: ["The cat sat."], parameter: 1, score: 0.5 },
    { prediction: "the cat sat on", references: ["the cat sat on a mat", "a"], parameter: 2, score: Math.exp(1 - 6 / 4) },
    { prediction: "a b", references: ["a b"], parameter: 2, score: 1 },
    // of two references that are equally near the shorter one counts
    { prediction: "a b c", references: ["a b c d", "a b"], parameter: 1, score: 1 },
  ],
};

function score(answers: Parameters<NonNullable<AnswerMetric["corpus"]>>[0], order: number): number {
  const counts = new BleuCounts(order);
  for (const answer of answers) {
    const { prediction, references } = withoutSpaces(msmarcoTokens(answer));
    counts.add(prediction, references);
  }
  return counts.score();
}

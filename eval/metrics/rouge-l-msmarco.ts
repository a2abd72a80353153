/** @file ROUGE-L as MS MARCO computes it: beta = 1.2, the best precision and the best recall taken apart over the references. */
import type { AnswerMetric } from "../metric.ts";
import { isAnswerable, msmarcoTokens } from "../text/msmarco.ts";
import { longestCommonSubsequence } from "../text/rouge.ts";

const BETA_SQUARED = 1.2 ** 2;

export const metric: AnswerMetric = {
  kind: "answer",
  name: "ROUGE-L-msmarco",
  aliases: [],
  about: "(1 + 1.44) P R / (R + 1.44 P), P and R the best over the references each for itself; tokens and turns as for BLEU",
  source: "MS MARCO's ms_marco_eval.py",
  higherIsBetter: true,
  aggregate: "mean",
  parameter: "none",
  answerable: isAnswerable,
  score(answer) {
    const { prediction, references } = msmarcoTokens(answer);
    let precision = 0;
    let recall = 0;
    for (const reference of references) {
      const common = longestCommonSubsequence(prediction, reference);
      precision = Math.max(precision, common / prediction.length);
      recall = Math.max(recall, common / reference.length);
    }
    return precision === 0 ? 0 : ((1 + BETA_SQUARED) * precision * recall) / (recall + BETA_SQUARED * precision);
  },
  examples: [
    { prediction: "a b c d", references: ["a b c d"], score: 1 },
    // precision 2/4 from the first reference, recall 1 from the second
    { prediction: "a b c d", references: ["a x b y", "c"], score: (2.44 * 0.5) / (1 + 1.44 * 0.5) },
    { prediction: "", references: ["a"], score: 0 },
    // a token of white space on either side is one of four
    { prediction: "a  b c", references: ["a  x y"], score: 0.5 },
  ],
};

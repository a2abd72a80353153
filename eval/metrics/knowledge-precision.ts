/** @file Knowledge-P: the share of an answer's words that stand in the passages it was given. */
import type { AnswerMetric } from "../metric.ts";
import { f1Tokens } from "../text/f1-variants.ts";
import { tokenOverlap } from "../text/squad.ts";

export const metric: AnswerMetric = {
  kind: "answer",
  against: "passages",
  name: "Knowledge-P",
  aliases: ["K-Precision"],
  about: "share of the answer's tokens that the passages of its prompt hold; long passages do not lower it, unlike Knowledge-F1",
  source: "Adlakha et al., TACL 2024 (K-Precision)",
  higherIsBetter: true,
  aggregate: "mean",
  parameter: "none",
  score({ prediction, references }, _parameter, options) {
    const tokens = f1Tokens(prediction, options);
    return tokens.length === 0 ? 0 : tokenOverlap(tokens, f1Tokens(references.join(" "), options)) / tokens.length;
  },
  examples: [
    { prediction: "The hive of 1852.", references: ["Langstroth described the hive in 1852, say the books."], score: 2 / 3 },
    { prediction: "b b", references: ["a b c"], score: 0.5 },
    { prediction: "", references: ["x"], score: 0 },
  ],
};

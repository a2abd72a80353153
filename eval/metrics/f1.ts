/** @file F1: token overlap with the reference after SQuAD's normalisation. */
import type { AnswerMetric } from "../metric.ts";
import { combineReferences } from "../text/references.ts";
import { squadTokens, tokenF1 } from "../text/squad.ts";

export const metric: AnswerMetric = {
  kind: "answer",
  name: "F1",
  aliases: [],
  about: "harmonic mean of token precision and recall after SQuAD normalisation (lower case, no punctuation, no articles)",
  source: "Rajpurkar et al., EMNLP 2016, evaluate-v2.0.py",
  higherIsBetter: true,
  aggregate: "mean",
  parameter: "none",
  score({ prediction, references }, _parameter, { multiReference }) {
    const tokens = squadTokens(prediction);
    return combineReferences(
      references.map((reference) => tokenF1(tokens, squadTokens(reference))),
      multiReference,
    );
  },
  examples: [
    { prediction: "The cat sat.", references: ["a cat", "dog"], score: 2 / 3 },
    { prediction: "U.S. e-mail", references: ["us email"], score: 1 },
    { prediction: "", references: ["cat"], score: 0 },
    { prediction: "the", references: ["a"], score: 1 },
  ],
};

/** @file EM: 1 if answer and reference are the same after SQuAD's normalisation. */
import type { AnswerMetric } from "../metric.ts";
import { combineReferences } from "../text/references.ts";
import { squadTokens } from "../text/squad.ts";

export const metric: AnswerMetric = {
  kind: "answer",
  name: "EM",
  aliases: ["exact_match"],
  about: "1 if the answer equals a reference after SQuAD normalisation, else 0",
  source: "Rajpurkar et al., EMNLP 2016, evaluate-v2.0.py",
  higherIsBetter: true,
  aggregate: "mean",
  parameter: "none",
  score({ prediction, references }, _parameter, { multiReference }) {
    const normalised = squadTokens(prediction).join(" ");
    return combineReferences(
      references.map((reference) => (squadTokens(reference).join(" ") === normalised ? 1 : 0)),
      multiReference,
    );
  },
  examples: [
    { prediction: "The Cat!", references: ["dog", "cat"], score: 1 },
    { prediction: "cats", references: ["cat"], score: 0 },
  ],
};

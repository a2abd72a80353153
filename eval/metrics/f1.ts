/** @file F1: token overlap with the reference after SQuAD's normalisation, in the variant asked for. */
import type { AnswerMetric } from "../metric.ts";
import { f1PerReference } from "../text/f1-variants.ts";
import { combineReferences } from "../text/references.ts";

export const metric: AnswerMetric = {
  kind: "answer",
  name: "F1",
  aliases: [],
  about:
    "harmonic mean of token precision and recall after SQuAD normalisation (lower case, no punctuation, no articles), as --f1-variant has it: squad; " +
    "inscit, on spaCy's tokens; topiocqa, --multi-ref loo; quac, --multi-ref loo and CANNOTANSWER if half the references say so " +
    "(its unfiltered_f1: no turn is left out)",
  source: "Rajpurkar et al., ACL 2018, evaluate-v2.0.py; the variants from INSCIT, TopiOCQA and QuAC's own scorers",
  higherIsBetter: true,
  aggregate: "mean",
  parameter: "none",
  score: ({ prediction, references }, _parameter, options) =>
    combineReferences(f1PerReference(prediction, references, options), options.multiReference),
  examples: [
    { prediction: "The cat sat.", references: ["a cat", "dog"], score: 2 / 3 },
    { prediction: "U.S. e-mail", references: ["us email"], score: 1 },
    { prediction: "", references: ["cat"], score: 0 },
    { prediction: "the", references: ["a"], score: 1 },
  ],
};

/** @file Evidence-F1: how much of an answer stands in the evidence the dataset names, and the other way round. */
import type { AnswerMetric } from "../metric.ts";
import { groundedF1 } from "../text/f1-variants.ts";

export const metric: AnswerMetric = {
  kind: "answer",
  against: "evidence",
  name: "Evidence-F1",
  aliases: ["faithfulness-F1"],
  about:
    "token F1 of the answer against the turn's evidence (FaithDial: knowledge, TopiOCQA: rationale), several joined by a space; tokens as F1's variant has them",
  source: "UniConv, Table 6; Adlakha et al., TACL 2024 (K-F1)",
  higherIsBetter: true,
  aggregate: "mean",
  parameter: "none",
  score: ({ prediction, references }, _parameter, options) => groundedF1(prediction, references, options),
  examples: [
    { prediction: "The hive of 1852.", references: ["Langstroth described the hive in 1852."], score: 0.5 },
    { prediction: "a b", references: ["b", "c"], score: 2 / 3 },
    { prediction: "", references: ["x"], score: 0 },
  ],
};

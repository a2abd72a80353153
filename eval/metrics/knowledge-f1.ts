/** @file Knowledge-F1: token overlap of an answer with the passages it was given. */
import type { AnswerMetric } from "../metric.ts";
import { groundedF1 } from "../text/f1-variants.ts";

export const metric: AnswerMetric = {
  kind: "answer",
  against: "passages",
  name: "Knowledge-F1",
  aliases: ["K-F1"],
  about: "token F1 of the answer against the passages of its prompt, joined by a space; tokens as F1's variant has them",
  source: "Shuster et al., EMNLP 2021; Adlakha et al., TACL 2024 (K-F1)",
  higherIsBetter: true,
  aggregate: "mean",
  parameter: "none",
  score: ({ prediction, references }, _parameter, options) => groundedF1(prediction, references, options),
  examples: [
    { prediction: "four copper", references: ["four parts copper", "one part tin"], score: 0.5 },
    { prediction: "x", references: ["y"], score: 0 },
  ],
};

/** @file ROUGE-2: F measure over pairs of words. */
import type { AnswerMetric } from "../metric.ts";
import { ngramF1, rougeScore } from "../text/rouge.ts";

export const metric: AnswerMetric = {
  kind: "answer",
  name: "ROUGE-2",
  aliases: ["rouge2"],
  about: "harmonic mean of bigram precision and recall, tokens [a-z0-9]+, no stemming",
  source: "Lin, 2004; the rouge_score package, use_stemmer=False as in Hugging Face's evaluate",
  higherIsBetter: true,
  aggregate: "mean",
  parameter: "none",
  score: rougeScore(ngramF1(2)),
  examples: [
    { prediction: "police kill the gunman", references: ["Police killed the gunman."], score: 1 / 3 },
    { prediction: "gunman", references: ["gunman"], score: 0 },
    { prediction: "", references: ["x"], score: 0 },
  ],
};

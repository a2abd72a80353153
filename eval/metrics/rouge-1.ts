/** @file ROUGE-1: F measure over single words. */
import type { AnswerMetric } from "../metric.ts";
import { ngramF1, rougeScore } from "../text/rouge.ts";

export const metric: AnswerMetric = {
  kind: "answer",
  name: "ROUGE-1",
  aliases: ["rouge1"],
  about: "harmonic mean of unigram precision and recall, tokens [a-z0-9]+, no stemming",
  source: "Lin, 2004; the rouge_score package, use_stemmer=False as in Hugging Face's evaluate",
  higherIsBetter: true,
  aggregate: "mean",
  parameter: "none",
  score: rougeScore(ngramF1(1)),
  examples: [
    { prediction: "police kill the gunman", references: ["Police killed the gunman."], score: 0.75 },
    { prediction: "the the the", references: ["the gunman"], score: 0.4 },
    { prediction: "", references: ["x"], score: 0 },
  ],
};

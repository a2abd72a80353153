/** @file ROUGE-L: F measure of the longest common subsequence, beta = 1. */
import type { AnswerMetric } from "../metric.ts";
import { longestCommonSubsequence, rougeScore } from "../text/rouge.ts";

export const metric: AnswerMetric = {
  kind: "answer",
  name: "ROUGE-L",
  aliases: ["rougeL"],
  about: "harmonic mean of LCS / answer length and LCS / reference length, tokens [a-z0-9]+, no stemming",
  source: "Lin, 2004; the rouge_score package, use_stemmer=False as in Hugging Face's evaluate",
  higherIsBetter: true,
  aggregate: "mean",
  parameter: "none",
  score: rougeScore(lcsF1),
  examples: [
    { prediction: "police kill the gunman", references: ["Police killed the gunman."], score: 0.75 },
    { prediction: "gunman the", references: ["the gunman"], score: 0.5 },
    { prediction: "", references: ["x"], score: 0 },
  ],
};

function lcsF1(prediction: readonly string[], reference: readonly string[]): number {
  const common = longestCommonSubsequence(prediction, reference);
  return common === 0 ? 0 : (2 * common) / (prediction.length + reference.length);
}

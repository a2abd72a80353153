/** @file One score from several references. */
import type { MultiReference } from "../metric.ts";

/** `scores[i]` is the prediction against reference i. */
export function combineReferences(scores: readonly number[], how: MultiReference): number {
  if (how === "first" || scores.length === 1) return scores[0] ?? 0;
  if (how === "max") return Math.max(...scores);
  // Leave one out: an annotator's answer is scored against the others', so a system must be too (CoQA, QuAC, TopiOCQA).
  let sum = 0;
  for (let out = 0; out < scores.length; out++) sum += Math.max(...scores.filter((_, i) => i !== out));
  return sum / scores.length;
}

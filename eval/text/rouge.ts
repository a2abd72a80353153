/** @file ROUGE's tokens, n-gram overlap and longest common subsequence. */
import type { AnswerMetric } from "../metric.ts";
import { combineReferences } from "./references.ts";
import { tokenF1 } from "./squad.ts";

type Overlap = (prediction: readonly string[], reference: readonly string[]) => number;

/** The score of an answer by what its tokens share with those of each reference. */
export function rougeScore(overlap: Overlap): AnswerMetric["score"] {
  return ({ prediction, references }, _parameter, { multiReference }) => {
    const tokens = rougeTokens(prediction);
    return combineReferences(
      references.map((reference) => overlap(tokens, rougeTokens(reference))),
      multiReference,
    );
  };
}

/** As rouge_score does without a stemmer: lower case, runs of a-z and 0-9. */
function rougeTokens(text: string): string[] {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
}

/** ROUGE-n: 2PR / (P + R) over the multisets of n-grams; 0 where either text has none. */
export function ngramF1(n: number): Overlap {
  return (prediction, reference) => tokenF1(ngrams(prediction, n), ngrams(reference, n), 0);
}

function ngrams(tokens: readonly string[], n: number): string[] {
  return n === 1 ? [...tokens] : tokens.slice(n - 1).map((_, at) => tokens.slice(at, at + n).join(" "));
}

/** The length of the longest common subsequence, in one row of memory. */
export function longestCommonSubsequence(a: readonly string[], b: readonly string[]): number {
  const row = new Uint32Array(b.length + 1);
  for (const token of a) {
    let diagonal = 0;
    for (let j = 1; j <= b.length; j++) {
      const above = row[j]!;
      row[j] = token === b[j - 1] ? diagonal + 1 : Math.max(above, row[j - 1]!);
      diagonal = above;
    }
  }
  return row[b.length]!;
}

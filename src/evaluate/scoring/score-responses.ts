/** @file The score of every referenced turn under every answer metric. */
import type { AnswerMetric, AnswerOptions } from "../../../eval/metric.ts";
import type { ChosenMetric } from "../../../eval/registry.ts";

export type ChosenAnswerMetric = ChosenMetric & { readonly metric: AnswerMetric };

export function isAnswer(chosen: ChosenMetric): chosen is ChosenAnswerMetric {
  return chosen.metric.kind === "answer";
}

export interface AnswerScores {
  turns: readonly string[];
  /** By metric label: a score per turn. */
  scores: Map<string, Float64Array>;
  /** By metric label: the score of the whole, where it is not the mean of turns (BLEU). */
  corpus: Map<string, number>;
}

/** A turn without an answer is scored as the empty answer. */
export function scoreResponses(
  responses: ReadonlyMap<string, string>,
  {
    references,
    turns,
    metrics,
    options,
  }: {
    references: ReadonlyMap<string, readonly string[]>;
    turns: readonly string[];
    metrics: readonly ChosenAnswerMetric[];
    options: AnswerOptions;
  },
): AnswerScores {
  const answers = turns.map((turn) => ({ prediction: responses.get(turn) ?? "", references: references.get(turn)! }));
  const scores = new Map<string, Float64Array>();
  const corpus = new Map<string, number>();
  for (const { metric, parameter, label } of metrics) {
    scores.set(
      label,
      Float64Array.from(answers, (answer) => metric.score(answer, parameter, options)),
    );
    if (metric.corpus !== undefined) corpus.set(label, metric.corpus(answers, parameter));
  }
  return { turns, scores, corpus };
}

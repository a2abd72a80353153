/** @file The score of every judged turn under every retrieval metric. */
import type { ChosenMetric } from "../../../eval/registry.ts";
import { judge, type RetrievalMetric } from "../../../eval/metric.ts";
import type { Qrels } from "../../util/qrels.ts";
import type { RunTable } from "../../util/run-table.ts";

export interface RetrievalScores {
  /** The turns scored, in the order given. */
  turns: readonly string[];
  /** By metric label: a score per turn. */
  scores: Map<string, Float64Array>;
  /** Some ranking holds a passage that its turn's judgements name. */
  judged: boolean;
}

export interface RetrievalProtocol {
  /** The lowest grade that counts as relevant. */
  level: number;
  /** Ranks below it are cut off before scoring (trec_eval -M). */
  depth: number;
}

export type ChosenRetrievalMetric = ChosenMetric & { readonly metric: RetrievalMetric };

/** A turn the run lacks has an empty ranking, which scores 0 everywhere. */
export function scoreRun(
  run: RunTable,
  {
    qrels,
    turns,
    metrics,
    level,
    depth,
  }: { qrels: Qrels; turns: readonly string[]; metrics: readonly ChosenRetrievalMetric[] } & RetrievalProtocol,
): RetrievalScores {
  const scores = new Map(metrics.map(({ label }) => [label, new Float64Array(turns.length)]));
  const empty = new Map<string, number>();
  let judged = false;
  for (const [index, turn] of turns.entries()) {
    const judgements = qrels.get(turn) ?? empty;
    const ranking = judge(run.grades(turn, judgements, depth), judgements.values(), level);
    for (const { metric, parameter, label } of metrics) scores.get(label)![index] = metric.score(ranking, parameter);
    judged ||= ranking.grades.some((grade) => grade >= 0);
  }
  return { turns, scores, judged };
}

export function isRetrieval(chosen: ChosenMetric): chosen is ChosenRetrievalMetric {
  return chosen.metric.kind === "retrieval";
}

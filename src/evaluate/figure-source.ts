/** @file What figures are drawn from: an evaluation and its scores per turn. */
import type { FigureSource } from "../report/figures/source.ts";
import type { Evaluation } from "../schema/evaluation.ts";
import type { Scored } from "./scoring/rows.ts";

export function sourceOf(evaluation: Evaluation, scores: readonly { name: string; scored: readonly Scored[] }[]): FigureSource {
  const { metrics, systems, breakdowns, consistency, comparisons } = evaluation;
  return {
    metrics,
    systems,
    breakdowns,
    consistency,
    baseline: comparisons[0]?.baseline ?? systems.find(({ role }) => role === "system")?.name,
    scores(system, metric) {
      const one = scores.find(({ name }) => name === system)?.scored.find((part) => part.scores.has(metric));
      const values = one?.scores.get(metric);
      return values && new Map(one!.turns.map((turn, at) => [turn, values[at]!]));
    },
  };
}

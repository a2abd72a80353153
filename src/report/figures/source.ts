/** @file What figures of an evaluation are drawn from: one just made, or one read back. */
import type { Breakdown, Consistency, Evaluation, System } from "../../schema/evaluation.ts";

export interface FigureSource {
  metrics: Evaluation["metrics"];
  systems: readonly System[];
  breakdowns: readonly Breakdown[];
  consistency: readonly Consistency[];
  /** The system the others are held against. */
  baseline: string | undefined;
  /** Turn → score, 0-1; undefined where scores per turn are not kept. */
  scores(system: string, metric: string): ReadonlyMap<string, number> | undefined;
}

/** The metrics a figure can show on a scale of 0 to 100. */
export const scored = ({ metrics }: FigureSource): string[] => metrics.filter(({ count }) => !count).map(({ label }) => label);

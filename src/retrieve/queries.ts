/** @file A conversation as a query of words. */
import type { Turn } from "../schema/records.ts";

export type QueryMode = "last" | "history" | "all";

/** The last question; every question so far; or questions and answers. Oldest first. */
export function queryText({ history, question }: Pick<Turn, "history" | "question">, mode: QueryMode): string {
  const before = history.flatMap((turn) => (mode === "last" ? [] : mode === "history" ? [turn.question] : [turn.question, turn.response]));
  return [...before, question].join(" ");
}

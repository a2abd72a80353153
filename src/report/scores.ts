/** @file How a score and a change are written, and which scores of a column stand out. */
import type { Emphasis, ScoreCell } from "./table.ts";

/** 0.4523 → 45.2 */
export function percent(score: number): string {
  return decimals(score, 1);
}

/** As a paper prints it: 0.8697 with 2 digits → 86.97 */
export function decimals(score: number, digits: number): string {
  return (100 * score).toFixed(digits);
}

/** A change with its sign, as far from 0 as it prints: 0.013 → +1.3, -0.0001 → 0.0 */
export function signed(change: number): string {
  return signedDecimals(change, 1);
}

export function signedDecimals(change: number, digits: number): string {
  const text = decimals(change, digits);
  return Number(text) === 0 ? decimals(0, digits) : `${change > 0 ? "+" : ""}${text}`;
}

/** The p of a test; a dash where there was none. */
export function pValue(p: number | null): string {
  return p === null ? "–" : p < 0.0001 ? "< 0.0001" : p.toFixed(4);
}

/**
 * The cells of one column with the best score marked, and from three different scores on the second best. Scores that
 * print alike are alike: a reader sees no difference, so several may be best. `scores[i]` belongs to `cells[i]`; null
 * where it has none.
 */
export function emphasised(
  cells: readonly ScoreCell[],
  { scores, higherIsBetter }: { scores: readonly (number | null)[]; higherIsBetter: boolean },
): ScoreCell[] {
  const printed = scores.map((score) => (score === null ? null : Number(percent(score))));
  const ranked = [...new Set(printed.filter((score) => score !== null))].sort((a, b) => (higherIsBetter ? b - a : a - b));
  const levels: (Emphasis | undefined)[] = ranked.length < 2 ? [] : ranked.length < 3 ? ["best"] : ["best", "second"];
  return cells.map((cell, i) => {
    const score = printed[i];
    const emphasis = score == null ? undefined : levels[ranked.indexOf(score)];
    return emphasis === undefined ? cell : { ...cell, emphasis };
  });
}

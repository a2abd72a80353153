/** @file What figures of two systems are drawn from: their differences turn by turn. */
import { FONT } from "./figure.ts";
import { type FigureSource, scored } from "./source.ts";
import { shownNames } from "./text.ts";

export interface Pair {
  system: string;
  metric: string;
  /** System minus baseline, per turn both have, best first; 0-1. */
  differences: number[];
}

/** Each other system against the baseline, metric by metric, where scores per turn are at hand. */
export function pairsOf(source: FigureSource): Pair[] {
  const { systems, baseline } = source;
  if (baseline === undefined) return [];
  const others = systems.filter(({ name, role }) => role === "system" && name !== baseline);
  return scored(source).flatMap((metric) => {
    const base = source.scores(baseline, metric);
    if (base === undefined) return [];
    return others.flatMap(({ name: system }) => {
      const shared = [...(source.scores(system, metric) ?? [])].flatMap(([turn, score]) =>
        base.has(turn) ? [score - base.get(turn)!] : [],
      );
      return shared.length === 0 ? [] : [{ system, metric, differences: shared.sort((a, b) => b - a) }];
    });
  });
}

/** The panels and rows of pairs; names as they are shown, at most `limit` pixels wide. */
export function axesOf(pairs: readonly Pair[], limit: number) {
  const names = [...new Set(pairs.map(({ system }) => system))];
  return { metrics: [...new Set(pairs.map(({ metric }) => metric))], names, shown: shownNames(names, limit, FONT.label) };
}

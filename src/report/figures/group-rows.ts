/** @file What figures of groups are drawn from: a row per group, system and metric. */

export interface Row extends Record<string, string | number | null> {
  panel: number;
  group: string | number;
  system: string;
  score: number | null;
  low: number | null;
  high: number | null;
  n: number;
}

export interface Drawn {
  /** What the axis of the groups is called. */
  axis: string;
  names: readonly string[];
  metrics: readonly string[];
  rows: readonly Row[];
}

/** The turns of each group: the most that any metric has. */
export function countsOf(rows: readonly Row[]): [string | number, number][] {
  const counts = new Map<string | number, number>();
  for (const { group, n } of rows) counts.set(group, Math.max(n, counts.get(group) ?? 0));
  return [...counts];
}

/** @file What `compare` finds between two evaluations. */

/** One metric of one system, before and after. Scores are 0-1; null where one of the two does not have it. */
export interface Change {
  /** Of two suites: the dataset. */
  dataset?: string;
  system: string;
  metric: string;
  base: number | null;
  new: number | null;
  /** Turns averaged over. */
  n: readonly [number, number];
  /** Two-sided paired randomisation test over the turns both scored; null without scores per turn. */
  p: number | null;
  higher_is_better: boolean;
}

/** @file What an evaluation found: the value behind tables, reports and metrics.json. */
import { z } from "zod";

const count = z.int().min(0);
const orNothing = z.number().nullable();

/** One number of a table. Scores are 0-1 (counts are counts); null where there is nothing to measure, with the reason. */
export interface Cell {
  metric: string;
  value: number | null;
  reason?: string;
  /** Turns averaged over. */
  n: number;
  /** 95 % bootstrap interval. */
  interval?: readonly [number, number];
}

/** A row: a run, a set of answers, or both under one name. */
export interface System {
  name: string;
  /** Baselines we add ourselves are no subject of thresholds and tests. */
  role: "system" | "baseline";
  /** What marks of other systems call it, where every pair was tested. */
  letter?: string;
  cells: Cell[];
}

/** A paired test of one system against the baseline system, or another one, over the turns both have. */
export const Comparison = z.strictObject({
  metric: z.string(),
  system: z.string(),
  baseline: z.string(),
  n: count,
  /** Mean difference, 0-1. */
  difference: z.number(),
  /** Mean difference over the standard deviation of differences. */
  effect_size: orNothing,
  t: orNothing,
  t_p: orNothing,
  /** Two-sided paired randomisation test. */
  randomisation_p: orNothing,
  /** The p that decides, after Holm's correction over its family of tests (see `Significance`). */
  holm_p: orNothing,
});
export type Comparison = z.infer<typeof Comparison>;

/** How systems were tested against each other. */
export const Significance = z.strictObject({
  /** Every system against the baseline, or every pair. */
  compare: z.enum(["baseline", "all"]),
  /** The test whose p decides: two-sided and paired. */
  test: z.enum(["randomisation", "t-test"]),
  /** The tests that Holm's correction takes together: all pairs under one metric, or under all metrics. */
  holm_over: z.enum(["metric", "table"]),
  /** A corrected p below it is a finding. */
  level: z.number(),
  permutations: z.int(),
});
export type Significance = z.infer<typeof Significance>;

/** The same scores by group of turns. */
export interface Breakdown {
  /** `turn`, `history`, or a tag. */
  by: string;
  groups: { group: string; system: string; cells: Cell[] }[];
}

/** A system under one threshold of --fail-under. */
export interface Verdict {
  /** Of a suite: the dataset judged. */
  dataset?: string;
  system: string;
  metric: string;
  least: number;
  /** Why it failed, as a sentence; absent where it passed. */
  problem?: string;
}

/** A paper's numbers on the dataset at hand. */
export interface Against {
  name: string;
  source: string;
  /** Decimals the paper prints; ours are shown with as many beside it. */
  digits: number;
  /** Scores are 0-1, by our label of the metric; `change`: they are changes; `significant`: the metrics the paper marks as that. */
  rows: {
    table: string;
    group: string;
    system: string;
    own: boolean;
    change: boolean;
    scores: Record<string, number>;
    significant: string[];
  }[];
  /** Metrics of the tables shown that nobody can ask us for, and why. */
  absent?: { metric: string; reason: string }[];
  /** Why the two are not comparable, where they were measured on different turns. */
  split?: string;
  contradictions: string[];
}

/** What the changes of scores are counted from. */
export const Delta = z.strictObject({
  /** A system of this evaluation, or the stored evaluation as it was named. */
  from: z.string(),
  /** system → metric → the score there, 0-1; nothing where there is none, and for the base itself. */
  scores: z.record(z.string(), z.record(z.string(), z.number())),
  /** What was measured otherwise there, a phrase each. */
  unlike: z.array(z.string()),
});
export type Delta = z.infer<typeof Delta>;

export interface Evaluation {
  /** `corpus`: the score of the whole is no mean over turns (BLEU); tests are of the scores of turns all the same. */
  metrics: { label: string; count: boolean; higher_is_better: boolean; corpus?: boolean }[];
  systems: System[];
  comparisons: Comparison[];
  /** Absent where nothing was tested. */
  significance?: Significance;
  breakdowns: Breakdown[];
  /** Of the systems with a run and answers. */
  consistency: Consistency[];
  /** Of --delta-from. */
  delta?: Delta;
  against?: Against;
  /** Made of artifacts that --limit cut short. */
  partial?: true;
  /** What a reader must know to read the numbers: turns scored, averaging, level. */
  protocol: Record<string, string | number>;
  warnings: string[];
}

/** An answer counts as good from here on. */
export const GOOD_ANSWER = 0.5;

/** Retrieval against generation over the turns of one system. */
export const Consistency = z.strictObject({
  system: z.string(),
  /** The metrics compared. */
  retrieval: z.string(),
  answer: z.string(),
  n: count,
  pearson: orNothing,
  spearman: orNothing,
  /** Mean answer score where a gold passage was found, and where none was. */
  answer_where_found: orNothing,
  answer_where_missed: orNothing,
  quadrants: z.strictObject({ found_and_good: count, found_and_poor: count, missed_and_good: count, missed_and_poor: count }),
});
export type Consistency = z.infer<typeof Consistency>;

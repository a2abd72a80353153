/** @file What an evaluation found: the value behind tables and reports, and metrics.json. */
import { z } from "zod";

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
export interface Comparison {
  metric: string;
  system: string;
  baseline: string;
  n: number;
  /** Mean difference, 0-1. */
  difference: number;
  /** Mean difference over the standard deviation of differences. */
  effect_size: number | null;
  t: number | null;
  t_p: number | null;
  /** Two-sided paired randomisation test. */
  randomisation_p: number | null;
  /** The p that decides, after Holm's correction over its family of tests (see `Significance`). */
  holm_p: number | null;
}

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
  /** What a reader must know to read the numbers: turns scored, averaging, level. */
  protocol: Record<string, string | number>;
  warnings: string[];
}

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

const Scores = z.record(z.string(), z.number().nullable());

const count = z.int().min(0);
const score = z.number().nullable();

/** An answer counts as good from here on. */
export const GOOD_ANSWER = 0.5;

/** Retrieval against generation over the turns of one system. */
export const Consistency = z.strictObject({
  system: z.string(),
  /** The metrics compared. */
  retrieval: z.string(),
  answer: z.string(),
  n: count,
  pearson: score,
  spearman: score,
  /** Mean answer score where a gold passage was found, and where none was. */
  answer_where_found: score,
  answer_where_missed: score,
  quadrants: z.strictObject({ found_and_good: count, found_and_poor: count, missed_and_good: count, missed_and_poor: count }),
});
export type Consistency = z.infer<typeof Consistency>;

/** metrics.json, in the key names of lm-evaluation-harness. */
export const MetricsFile = z.strictObject({
  /** system → metric → score; `<metric>_ci95_low`, `<metric>_ci95_high` beside it. */
  results: z.record(z.string(), Scores),
  higher_is_better: z.record(z.string(), z.record(z.string(), z.boolean())),
  /** system → metric → turns averaged over. */
  "n-samples": z.record(z.string(), z.record(z.string(), z.int())),
  /** Why a score is null: system → metric → reason. */
  missing: z.record(z.string(), z.record(z.string(), z.string())),
  comparisons: z.array(
    z.strictObject({
      metric: z.string(),
      system: z.string(),
      baseline: z.string(),
      n: z.int(),
      difference: z.number(),
      effect_size: z.number().nullable(),
      t: z.number().nullable(),
      t_p: z.number().nullable(),
      randomisation_p: z.number().nullable(),
      holm_p: z.number().nullable(),
    }),
  ),
  significance: Significance.optional(),
  delta: Delta.optional(),
  /** by → group → system → metric → score and the turns behind it. */
  breakdowns: z
    .record(
      z.string(),
      z.record(
        z.string(),
        z.record(z.string(), z.record(z.string(), z.strictObject({ score, n: count, ci95: z.tuple([z.number(), z.number()]).optional() }))),
      ),
    )
    .default({}),
  consistency: z.array(Consistency).default([]),
  warnings: z.array(z.string()),
  config: z.record(z.string(), z.union([z.string(), z.number()])),
  versions: z.record(z.string(), z.string()),
});
export type MetricsFile = z.infer<typeof MetricsFile>;

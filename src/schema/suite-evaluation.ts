/** @file What a suite found: an evaluation per dataset, and what they say together. */
import type { Evaluation, Verdict } from "./evaluation.ts";

export interface SuiteDataset {
  /** As the suite calls it. */
  name: string;
  /** As prepare-data calls it. */
  dataset: string;
  split?: string;
  /** Turns of the split, scored or not. */
  turns?: number;
  /** Why these are not the turns the suite names: another number of them, or made under --limit. */
  label?: string;
  /** Why there is no evaluation: what --allow-missing let be absent. */
  missing?: string;
  evaluation?: Evaluation;
}

/** Unweighted, over all datasets that are asked for the metric; null where one of them has no score. */
export interface MacroAverage {
  system: string;
  metric: string;
  value: number | null;
  datasets: string[];
}

/** A table of a paper, as far as the suite asks for the same; tables of which we measured nothing are left out. */
export interface PaperTable {
  id: string;
  about: string;
  columns: { dataset: string; metric: string }[];
  /** Scores are 0-1, null where the paper has none. */
  rows: { group: string; system: string; own: boolean; change: boolean; values: (number | null)[]; significant: boolean[] }[];
  /** Metrics of its columns that nobody can ask us for, and why. */
  absent: { metric: string; reason: string }[];
  /** What is known to be wrong in it, on these datasets; said beside the first table it concerns. */
  contradictions: string[];
}

export interface SuiteAgainst {
  name: string;
  source: string;
  /** Decimals the paper prints; ours are shown with as many beside it. */
  digits: number;
  tables: PaperTable[];
  /** By the suite's name of the dataset: why ours and theirs are not comparable. */
  labels: Record<string, string>;
}

export interface SuiteEvaluation {
  suite: string;
  description: string;
  source: string;
  systems: string[];
  datasets: SuiteDataset[];
  averages: MacroAverage[];
  verdicts: Verdict[];
  against?: SuiteAgainst;
  warnings: string[];
}

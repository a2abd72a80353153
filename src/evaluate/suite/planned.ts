/** @file What a suite comes to: per dataset an evaluation's options, the files it reads, and what is missing. */
import type { ChosenMetric } from "../../../eval/registry.ts";
import type { EvaluateOptions } from "../../schema/options/evaluate.ts";
import type { Threshold } from "../thresholds.ts";
import type { SuiteEntry, SuiteFile } from "./read-suite.ts";

/** A file that a system should have and --allow-missing lets be absent. */
export interface Hole {
  system: string;
  kind: "run" | "responses";
  path: string;
}

export interface PlannedDataset {
  entry: SuiteEntry;
  input: string;
  files: { option: "input" | "qrels" | "passages" | "run" | "responses"; path: string }[];
  /** All that is asked for, thresholds included. */
  metrics: ChosenMetric[];
  thresholds: Threshold[];
  holes: Hole[];
  /** Undefined where nothing is there to score: then `missing` says why. */
  options: EvaluateOptions | undefined;
  missing: string | undefined;
}

export interface SuitePlan extends SuiteFile {
  systems: string[];
  datasets: PlannedDataset[];
}

/** In a path: the system's name. */
export const SYSTEM = "{system}";

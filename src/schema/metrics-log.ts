/** @file metrics.jsonl of a model: a line per logged update of its training, and one per evaluation of it. */
import { z } from "zod";

export const METRICS_FILE = "metrics.jsonl";
/** What the figures of an evaluation begin with, as in transformers' logs. */
export const EVAL = "eval_";

/** Losses, rates and norms by name. */
export const MetricsLine = z.object({ update: z.int().min(0) }).catchall(z.number());
export type MetricsLine = z.infer<typeof MetricsLine>;

export const isEvaluation = (line: Readonly<Record<string, number>>): boolean => Object.keys(line).some((name) => name.startsWith(EVAL));

/** @file Options of `uniconv compare`. */
import { z } from "zod";

export const CompareOptions = z.strictObject({
  base: z
    .string()
    .min(1)
    .describe("The evaluation to compare with: a folder of evaluate --output, or its metrics.json")
    .meta({ group: "input", positional: true, metavar: "BASE" }),
  new: z.string().min(1).describe("The evaluation to judge").meta({ group: "input", positional: true, metavar: "NEW" }),
  max_drop: z
    .array(z.string().min(1))
    .default([])
    .describe("Exit 1 if any system loses more than X, between 0 and 1 (repeatable)")
    .meta({ group: "checks", metavar: "METRIC=X" }),
  allow_partial: z.boolean().default(false).describe("Compare artifacts that were made under --limit").meta({ group: "checks" }),
  permutations: z
    .int()
    .min(0)
    .max(10_000_000)
    .default(10_000)
    .describe("Sign flips of the paired randomisation test, where both hold scores.jsonl; 0 for none")
    .meta({ group: "significance" }),
  seed: z.int().min(0).default(0).describe("Seed of the sign flips").meta({ group: "significance" }),
  markdown: z.boolean().default(false).describe("Print a Markdown table, for a comment or a job summary").meta({ group: "output" }),
});
export type CompareOptions = z.infer<typeof CompareOptions>;

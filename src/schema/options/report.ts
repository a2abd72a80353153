/** @file Options of `uniconv report`. */
import { z } from "zod";

export const ReportOptions = z.strictObject({
  what: z
    .enum(["figures", "curves"])
    .describe("figures: of evaluations that evaluate --output stored; curves: of trainings, from their metrics.jsonl")
    .meta({ group: "input", positional: true, metavar: "figures|curves" }),
  paths: z
    .array(z.string().min(1))
    .min(1, "expected at least one folder after figures or curves")
    .describe(
      "Evaluation or suite folders or a metrics.json; model folders or a metrics.jsonl. NAME=PATH names one, for curves several runs alike",
    )
    .meta({ group: "input", positional: true, metavar: "PATH" }),
  metric: z
    .array(z.string().min(1))
    .default([])
    .describe("Only these, as the files spell them: nDCG@3, L_R, eval_F1 (repeatable)")
    .meta({ group: "what is drawn", metavar: "METRIC" }),
  baseline: z
    .string()
    .min(1)
    .optional()
    .describe("figures: name of the system the others are held against (default: that of the evaluation, or the first)")
    .meta({ group: "what is drawn", metavar: "NAME" }),
  several: z
    .enum(["systems", "datasets"])
    .optional()
    .describe("figures: what several evaluations are (default: systems where they share turns, datasets where they share none)")
    .meta({ group: "what is drawn" }),
  band: z
    .enum(["range", "sd"])
    .default("range")
    .describe("curves: the band around the mean of several runs: lowest to highest, or one standard deviation")
    .meta({ group: "what is drawn" }),
  output: z
    .string()
    .min(1)
    .describe("Folder for the figures (SVG) and their specifications (Vega-Lite); of curves a CSV and Markdown table too")
    .meta({ group: "output" }),
  resume: z.boolean().default(false).describe("Continue an interrupted report (report starts anew)").meta({ group: "output" }),
  overwrite: z.boolean().default(false).describe("Replace an existing output").meta({ group: "output" }),
});
export type ReportOptions = z.infer<typeof ReportOptions>;

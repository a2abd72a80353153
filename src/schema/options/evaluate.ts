/** @file Options of `uniconv evaluate`. */
import { z } from "zod";
import { passagesOption } from "./inference.ts";

export const EvaluateOptions = z.strictObject({
  input: z
    .string()
    .min(1)
    .optional()
    .describe("Prepared folder: its turns, reference answers, passages and qrels")
    .meta({ group: "input" }),
  qrels: z
    .string()
    .min(1)
    .optional()
    .describe("Relevance judgements: TREC lines or {turn: {passage: grade}}; instead of those of --input")
    .meta({ group: "input" }),
  passages: passagesOption,
  split: z
    .enum(["train", "dev", "test"])
    .optional()
    .describe("Which turns of --input to score (default: test if there is one, else dev, else all)")
    .meta({ group: "input" }),
  run: z
    .array(z.string().min(1))
    .default([])
    .describe("Run to score: a run artifact, run.jsonl or TREC file, or NAME=PATH (repeatable)")
    .meta({ group: "input" }),
  responses: z
    .array(z.string().min(1))
    .default([])
    .describe("Answers to score: a responses artifact, a responses.jsonl, or NAME=PATH (repeatable)")
    .meta({ group: "input" }),
  id_format: z
    .array(z.string().min(1))
    .default([])
    .describe(
      "How the files given name turns: a template such as '{conversation}-{turn}' ({turn0} counts from 0, {*} is anything), retpo, qrecc, topiocqa, inscit, or-quac, zero, query or auto; for one kind of file qrels=…, run=…, responses=… or by=… (repeatable). Folders made by uniconv need none",
    )
    .meta({ group: "input", metavar: "[KIND=]FORMAT" }),
  suite: z
    .string()
    .min(1)
    .optional()
    .describe("Several datasets at once: a suite by name (`uniconv help suites`) or its .json file, instead of --input, --run and --metric")
    .meta({ group: "suites", metavar: "NAME|FILE" }),
  root: z
    .string()
    .min(1)
    .optional()
    .describe("Folder that the paths of --suite start from (default: the working directory)")
    .meta({ group: "suites" }),
  system: z
    .array(z.string().min(1))
    .default([])
    .describe("Stands for {system} in the paths of --suite (repeatable; default: the suite's own)")
    .meta({ group: "suites", metavar: "NAME" }),
  allow_missing: z
    .boolean()
    .default(false)
    .describe("Score what --suite finds and say what is missing; thresholds on it fail")
    .meta({ group: "suites" }),
  metric: z
    .array(z.string().min(1))
    .default([])
    .describe("Metric, ours or trec_eval's spelling (repeatable; default nDCG@3 R@10 RR F1); see `uniconv help metrics`")
    .meta({ group: "metrics", metavar: "METRIC" }),
  averaging: z
    .enum(["all", "intersection"])
    .optional()
    .describe(
      "all: every judged turn, one that a system lacks counts 0; intersection: only those it has (default: all; intersection with --format trec_eval, as there)",
    )
    .meta({ group: "metrics" }),
  relevance_level: z
    .int()
    .min(1)
    .default(1)
    .describe("Lowest grade that counts as relevant; nDCG always uses the grades themselves")
    .meta({ group: "metrics" }),
  depth: z.int().min(1).optional().describe("Score only the first N passages of a ranking (trec_eval -M)").meta({ group: "metrics" }),
  f1_variant: z
    .enum(["squad", "inscit", "topiocqa", "quac"])
    .default("squad")
    .describe("Whose F1: SQuAD's, INSCIT's on spaCy's tokens, TopiOCQA's, or QuAC's with its rules for CANNOTANSWER")
    .meta({ group: "metrics" }),
  multi_ref: z
    .enum(["max", "loo", "first"])
    .optional()
    .describe("Several references: the best one, the mean of leave-one-out bests, or the first (default: max; loo for topiocqa and quac)")
    .meta({ group: "metrics" }),
  citations: z
    .enum(["keep", "strip"])
    .default("keep")
    .describe(
      "Markers such as [1] in answers that were given passages: compared with texts as words, as other scorers do, or left out before (ALCE)",
    )
    .meta({ group: "metrics" }),
  by: z
    .array(z.string().min(1))
    .default([])
    .describe(
      "The same scores by group of turns: turn, history (its length), a tag such as topic_shift, or a .json file {group: [turn, …]} (repeatable)",
    )
    .meta({ group: "metrics", metavar: "NAME|FILE" }),
  against: z
    .string()
    .min(1)
    .optional()
    .describe("Show a paper's published numbers beside ours: uniconv-2507.07030 or unigen-aaai2024")
    .meta({ group: "output", metavar: "PAPER" }),
  delta_from: z
    .string()
    .min(1)
    .optional()
    .describe("Print the change of each score since a system of the table, a folder of evaluate --output, or its metrics.json")
    .meta({ group: "output", metavar: "NAME|PATH" }),
  fail_under: z
    .array(z.string().min(1))
    .default([])
    .describe("Exit 1 if any scored system stays below X, between 0 and 1; of one dataset of --suite: DATASET:METRIC=X (repeatable)")
    .meta({ group: "checks", metavar: "METRIC=X" }),
  allow_partial: z
    .boolean()
    .default(false)
    .describe("Let --fail-under and --delta-from judge what was made under --limit")
    .meta({ group: "checks" }),
  baseline: z
    .string()
    .min(1)
    .optional()
    .describe("Name of the system the others are tested against (default: the first)")
    .meta({ group: "significance", metavar: "NAME" }),
  compare: z
    .enum(["baseline", "all"])
    .default("baseline")
    .describe("Test every system against the baseline (* in the table), or every pair (letters of the systems a system is better than)")
    .meta({ group: "significance" }),
  test: z
    .enum(["randomisation", "t-test"])
    .default("randomisation")
    .describe("The paired test whose p, after Holm's correction, makes the marks")
    .meta({ group: "significance" }),
  holm_over: z
    .enum(["metric", "table"])
    .default("metric")
    .describe("The tests that Holm's correction takes together: those under one metric, or those of the whole table")
    .meta({ group: "significance" }),
  bootstrap: z
    .int()
    .min(0)
    .max(100_000)
    .default(1000)
    .describe("Resamples behind the 95 % intervals; 0 for none")
    .meta({ group: "significance" }),
  permutations: z
    .int()
    .min(0)
    .max(10_000_000)
    .default(10_000)
    .describe("Sign flips of the paired randomisation test; 0 for none")
    .meta({ group: "significance" }),
  seed: z.int().min(0).default(0).describe("Seed of the resamples and sign flips").meta({ group: "significance" }),
  format: z
    .enum(["table", "markdown", "latex", "csv", "trec_eval"])
    .default("table")
    .describe("What is printed; latex needs booktabs; csv is a row per system and metric, scores 0-1 in full")
    .meta({ group: "output" }),
  per_turn: z.boolean().default(false).describe("With --format trec_eval: a line per turn too, as trec_eval -q").meta({ group: "output" }),
  report: z
    .array(
      z
        .string()
        .regex(
          /^(github|(markdown|html|junit|latex|csv|figures)=.+)$/,
          "expected markdown=FILE, html=FILE, junit=FILE, latex=FILE, csv=FILE, figures=FOLDER or github",
        ),
    )
    .default([])
    .describe(
      "Also write markdown=, html=, junit=, latex= or csv=FILE, or figures=FOLDER (SVG and Vega-Lite), or print annotations for GitHub: github (repeatable)",
    )
    .meta({ group: "output", metavar: "KIND=FILE" }),
  output: z
    .string()
    .min(1)
    .optional()
    .describe("Folder for metrics.json, scores.jsonl and report.md; of --suite one per dataset, and suite.json")
    .meta({ group: "output" }),
  resume: z.boolean().default(false).describe("Continue an interrupted evaluation (evaluate starts anew)").meta({ group: "output" }),
  overwrite: z.boolean().default(false).describe("Replace an existing output").meta({ group: "output" }),
});
export type EvaluateOptions = z.infer<typeof EvaluateOptions>;

/** @file eval/suites/: datasets × metrics × thresholds, as data; and the summary an evaluated suite leaves. */
import { z } from "zod";
import { EvaluateOptions } from "./options/evaluate.ts";

const { shape } = EvaluateOptions;

/** A path below --root; `{dataset}` and `{system}` stand for the names of the two. */
const Template = z
  .string()
  .min(1)
  .refine((text) => /^([^{}]|\{(dataset|system)\})*$/.test(text), "a path may hold {dataset} and {system}, and no other braces");

/** Becomes a folder of the output and the first word of messages. */
const Name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "expected letters, digits, dots, dashes and underscores");

/** What a dataset is measured with: the options of one evaluation, under their names there. */
const Protocol = {
  input: Template.optional(),
  qrels: Template.optional(),
  passages: Template.optional(),
  run: Template.optional(),
  responses: Template.optional(),
  split: shape.split,
  id_format: shape.id_format.unwrap().optional(),
  metric: z.array(z.string().min(1)).min(1).optional(),
  averaging: shape.averaging,
  relevance_level: shape.relevance_level.unwrap().optional(),
  depth: shape.depth,
  f1_variant: shape.f1_variant.unwrap().optional(),
  multi_ref: shape.multi_ref,
  citations: shape.citations.unwrap().optional(),
  /** METRIC: the score below which the suite fails, between 0 and 1. */
  fail_under: z.record(z.string().min(1), z.number()).default({}),
};

export const Suite = z.strictObject({
  name: Name,
  /** These three the shipped suites must have; one's own may do without. */
  description: z.string().default(""),
  /** Where splits, metrics and sizes come from. */
  source: z.string().default(""),
  /** What the data may be used for, or where that stands. */
  licence: z.string().default(""),
  /** Fill `{system}` where --system names none. */
  systems: z.array(Name).default([]),
  /** For every dataset that does not say otherwise. */
  defaults: z.strictObject(Protocol).default({ fail_under: {} }),
  datasets: z
    .array(
      z.strictObject({
        /** As prepare-data names it. */
        dataset: z.string().min(1),
        /** Where a dataset stands twice; otherwise it is called as it is. */
        name: Name.optional(),
        /** Turns of the split, and those of them with judgements: another number is said beside every score. */
        turns: z.int().min(1).optional(),
        judged: z.int().min(1).optional(),
        ...Protocol,
      }),
    )
    .min(1),
});
export type Suite = z.infer<typeof Suite>;

const score = z.number().nullable();

/** suite.json: what compare reads first. The folder of each dataset holds its metrics.json, scores.jsonl and report.md. */
export const SuiteSummary = z.strictObject({
  suite: z.string(),
  description: z.string(),
  source: z.string(),
  datasets: z.array(
    z.strictObject({
      name: z.string(),
      dataset: z.string(),
      /** Turns of the split that was read. */
      turns: z.int().optional(),
      split: z.string().optional(),
      /** Why the scores are not those of the suite's split. */
      label: z.string().optional(),
      /** Why it was not evaluated: what --allow-missing let be absent. */
      missing: z.string().optional(),
    }),
  ),
  /** dataset → system → metric → score */
  results: z.record(z.string(), z.record(z.string(), z.record(z.string(), score))),
  averages: z.array(z.strictObject({ system: z.string(), metric: z.string(), value: score, datasets: z.array(z.string()) })),
  thresholds: z.array(
    z.strictObject({ dataset: z.string(), system: z.string(), metric: z.string(), least: z.number(), problem: z.string().optional() }),
  ),
  warnings: z.array(z.string()),
  versions: z.record(z.string(), z.string()),
});
export type SuiteSummary = z.infer<typeof SuiteSummary>;

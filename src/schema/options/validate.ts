/** @file Options of `uniconv validate`. */
import { z } from "zod";

export const FileKind = z.enum(["turns", "passages", "train", "qrels", "run", "responses", "scores"]);
export type FileKind = z.infer<typeof FileKind>;

export const ValidateOptions = z.strictObject({
  paths: z
    .array(z.string().min(1))
    .default([])
    .describe("Artifact folders, or files of one: turns.jsonl, run.trec, qrels.tsv …")
    .meta({ group: "input", positional: true, metavar: "PATH" }),
  as: FileKind.optional().describe("What the files are, where their names do not say it").meta({ group: "input" }),
  dataset: z
    .string()
    .min(1)
    .optional()
    .describe("Read the files as this dataset's, as prepare-data would, without writing anything")
    .meta({ group: "input", metavar: "NAME" }),
  collection: z
    .array(z.string().min(1))
    .default([])
    .describe("With --dataset: its passage collection, where it has that apart (repeatable)")
    .meta({ group: "input" }),
  qrels: z
    .array(z.string().min(1))
    .default([])
    .describe("With --dataset: its relevance judgements, where it has them apart (repeatable)")
    .meta({ group: "input" }),
  max_problems: z.int().min(1).default(100).describe("Problems shown; the others are counted").meta({ group: "output" }),
});
export type ValidateOptions = z.infer<typeof ValidateOptions>;

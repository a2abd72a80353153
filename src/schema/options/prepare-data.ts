/** @file Options of `uniconv prepare-data`. */
import { z } from "zod";

export const PrepareDataOptions = z.strictObject({
  dataset: z.string().min(1).describe("Name of the dataset; `uniconv help datasets` lists them").meta({ group: "input", metavar: "NAME" }),
  input: z
    .array(z.string().min(1))
    .default([])
    .describe("File or folder to read, as the dataset's card says; - is standard input (repeatable)")
    .meta({ group: "input" }),
  collection: z
    .array(z.string().min(1))
    .default([])
    .describe("Passage collection, where the dataset has it apart; - is standard input (repeatable)")
    .meta({ group: "input" }),
  qrels: z
    .array(z.string().min(1))
    .default([])
    .describe("Relevance judgements, where the dataset has them apart (repeatable)")
    .meta({ group: "input" }),
  output: z.string().min(1).describe("The prepared folder to write").meta({ group: "output" }),
  split: z
    .enum(["train", "dev", "test"])
    .optional()
    .describe("The split all turns belong to; by default the file's name tells it (…train…, …dev…, …test…)")
    .meta({ group: "split" }),
  split_conversations: z
    .string()
    .regex(/^(train|dev|test)=\d+(,(train|dev|test)=\d+)*$/, "expected something like train=56,dev=10,test=20")
    .optional()
    .describe("Deal whole conversations out at random by --seed: train=56,dev=10,test=20")
    .meta({ group: "split" }),
  history: z
    .string()
    .regex(/^(full|none|[1-9]\d{0,3})$/, "expected full, none or a number of exchanges")
    .default("full")
    .describe("How much of the history a turn sees: full, none, or its last N exchanges")
    .meta({ group: "content" }),
  samples_per_passage: z
    .int()
    .min(1)
    .max(1000)
    .default(1)
    .describe("Spans drawn from each passage (inverse-cloze)")
    .meta({ group: "content" }),
  limit: z
    .int()
    .min(1)
    .optional()
    .describe("Keep only the first N turns (or samples); the artifact is marked partial")
    .meta({ group: "content" }),
  seed: z.int().min(0).default(0).describe("Seed of every random draw").meta({ group: "content" }),
  resume: z
    .boolean()
    .default(false)
    .describe("Continue an interrupted run (prepare-data starts the interrupted output anew)")
    .meta({ group: "output" }),
  overwrite: z.boolean().default(false).describe("Replace an existing output").meta({ group: "output" }),
});

export type PrepareDataOptions = z.infer<typeof PrepareDataOptions>;

/** @file Options of `uniconv retrieve`. */
import { z } from "zod";
import { limitOption, machineOptions, modelOptions, outputOptions, settingOverrides, splitOption } from "./inference.ts";

export const RetrieveOptions = z.strictObject({
  input: z.string().min(1).describe("Prepared folder with turns.jsonl").meta({ group: "input" }),
  split: splitOption,
  limit: limitOption("turns"),
  index: z.string().min(1).describe("Index folder, made by build-index").meta({ group: "input" }),
  ...modelOptions,
  model: modelOptions.model.optional().describe("The model that made the index; an index of words needs none"),
  top_k: z.int().min(1).max(10_000).default(100).describe("Passages per turn").meta({ group: "search" }),
  query: z
    .enum(["last", "history", "all"])
    .optional()
    .describe(
      "What is searched for: the last question, every question of the conversation, or questions and answers (default: all with a model, last with an index of words)",
    )
    .meta({ group: "search" }),
  tag: z
    .string()
    .regex(/^[^\s#]\S*$/, "expected one word")
    .default("uniconv")
    .describe("Name of the system in the run's sixth column")
    .meta({ group: "output" }),
  ...settingOverrides("query_prefix", "history_order", "max_query_length"),
  batch_size: z.int().min(1).default(32).describe("Queries of 128 tokens encoded at once").meta({ group: "run" }),
  ...machineOptions,
  output: z.string().min(1).describe("The run folder to write").meta({ group: "output" }),
  ...outputOptions,
});
export type RetrieveOptions = z.infer<typeof RetrieveOptions>;

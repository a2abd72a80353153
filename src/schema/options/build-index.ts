/** @file Options of `uniconv build-index`. */
import { z } from "zod";
import { Bm25Options } from "../backends.ts";
import { limitOption, machineOptions, modelOptions, outputOptions, settingOverrides } from "./inference.ts";

export const BuildIndexOptions = z.strictObject({
  input: z.string().min(1).describe("Prepared folder with passages.jsonl").meta({ group: "input" }),
  limit: limitOption("passages"),
  backend: z
    .string()
    .min(1)
    .default("flat")
    .describe("flat (exact, over the model's vectors) or bm25 (words, no model)")
    .meta({ group: "input" }),
  ...modelOptions,
  model: modelOptions.model.optional().describe("Model directory that encodes the passages; bm25 needs none"),
  ...settingOverrides("pooling", "emb_tokens", "passage_prefix", "max_passage_length", "normalize"),
  batch_size: z
    .int()
    .min(1)
    .default(32)
    .describe("Passages of 128 tokens encoded at once: fewer of longer ones, more of shorter ones")
    .meta({ group: "run" }),
  ...machineOptions,
  ...Bm25Options.shape,
  output: z.string().min(1).describe("The index folder to write").meta({ group: "output" }),
  ...outputOptions,
});
export type BuildIndexOptions = z.infer<typeof BuildIndexOptions>;

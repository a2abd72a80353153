/** @file Options of `uniconv generate`. */
import { z } from "zod";
import { limitOption, machineOptions, modelOptions, outputOptions, passagesOption, settingOverrides, splitOption } from "./inference.ts";

export const GenerateOptions = z.strictObject({
  input: z.string().min(1).describe("Prepared folder: its turns, passages and qrels").meta({ group: "input" }),
  passages: passagesOption,
  split: splitOption,
  limit: limitOption("turns"),
  ...modelOptions,
  mode: z
    .enum(["zero-shot", "zero-shot-emb", "rag", "gold"])
    .optional()
    .describe(
      "zero-shot: from the conversation; zero-shot-emb: from its embedding alone; rag: from the passages of --run; gold: from the judged passages (default: rag with --run, else zero-shot)",
    )
    .meta({ group: "prompt" }),
  run: z.string().min(1).optional().describe("Run to take passages from: a run folder, run.jsonl or a TREC file").meta({ group: "prompt" }),
  top_k: z.int().min(1).max(1000).default(10).describe("Passages per prompt at most").meta({ group: "prompt" }),
  max_prompt_tokens: z
    .int()
    .min(1)
    .optional()
    .describe("Prompts are cut to this; by default the model's positions less the new tokens")
    .meta({ group: "prompt" }),
  ...settingOverrides("prompt", "emb_tokens", "history_order", "max_query_length", "max_passage_length"),
  max_new_tokens: z.int().min(1).default(128).describe("Tokens of a response at most").meta({ group: "decoding" }),
  batch_size: z.int().min(1).max(1024).default(16).describe("Responses decoded together").meta({ group: "run" }),
  pack_weights: z
    .boolean()
    .default(true)
    .describe("Hold the weights in memory, packed for decoding: 1.4 times as fast; without it they are read from their files")
    .meta({ group: "run" }),
  ...machineOptions,
  output: z.string().min(1).describe("The responses folder to write").meta({ group: "output" }),
  ...outputOptions,
});
export type GenerateOptions = z.infer<typeof GenerateOptions>;

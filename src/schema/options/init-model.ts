/** @file Options of `uniconv init-model`. */
import { z } from "zod";

const size = z.int().min(1);
const text = { group: "text" };
const shape = { group: "size" };
const weights = { group: "weights" };
const run = { group: "output" };

export const InitModelOptions = z.strictObject({
  input: z
    .array(z.string().min(1))
    .default([])
    .describe("Prepared folder whose passages and training texts the tokenizer learns from (repeatable)")
    .meta(text),
  text: z
    .array(z.string().min(1))
    .default([])
    .describe("Text for the tokenizer: passages.jsonl, train.jsonl, or a plain text file (repeatable)")
    .meta(text),
  vocab_size: z
    .int()
    .min(300)
    .max(1_000_000)
    .optional()
    .describe("Tokens at most: 3 special ones, 256 bytes and the merges the text gives (default: the preset's)")
    .meta(text),
  min_frequency: size.default(2).describe("Merge only pairs that occur this often").meta(text),

  preset: z.enum(["nano", "mini"]).default("nano").describe("Sizes to start from: nano ≈ 3M, mini ≈ 15M parameters").meta(shape),
  hidden_size: size.optional().describe("Width of the hidden states (default: the preset's, as below)").meta(shape),
  num_hidden_layers: size.optional().describe("Layers").meta(shape),
  num_attention_heads: size.optional().describe("Attention heads; hidden_size / heads must be even").meta(shape),
  num_key_value_heads: size.optional().describe("Key and value heads (default: as many as attention heads)").meta(shape),
  intermediate_size: size.optional().describe("Width of the feed-forward layers").meta(shape),
  max_position_embeddings: size.optional().describe("Longest sequence, in tokens").meta(shape),
  tie_word_embeddings: z.boolean().default(true).describe("One matrix for input and output words").meta(shape),

  init: z
    .enum(["mean", "hf"])
    .default("mean")
    .describe("hf: normal draws, as transformers starts a model; mean: besides, the first layer averages the words it has read")
    .meta(weights),
  initializer_range: z.number().positive().default(0.02).describe("Standard deviation of the draws").meta(weights),
  mean_scale: z.number().positive().default(1).describe("mean: how much of the average is added to a hidden state").meta(weights),
  seed: z.int().min(0).default(0).describe("Seed of every random draw").meta(weights),

  output: z.string().min(1).describe("The model folder to write").meta(run),
  resume: z.boolean().default(false).describe("Continue an interrupted run (init-model starts it anew)").meta(run),
  overwrite: z.boolean().default(false).describe("Replace an existing output").meta(run),
});

export type InitModelOptions = z.infer<typeof InitModelOptions>;

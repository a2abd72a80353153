/** @file uniconv.json in a model directory: the sequences the model was trained with, so that inference builds the very same. */
import { z } from "zod";

export const SETTINGS_FILE = "uniconv.json";

export const SequenceSettings = z.strictObject({
  emb_tokens: z.int().min(1).max(16).default(3).describe("Copies of the end-of-sequence token that make the embedding (t)"),
  pooling: z
    .enum(["emb", "last", "mean", "cls"])
    .default("emb")
    .describe("What embeds a text: the last embedding token; or, of the bare text, its last token, all tokens' mean, its first token"),
  history_order: z
    .enum(["chronological", "recent-first", "none"])
    .default("chronological")
    .describe("Chat in time order; the current question first and then backwards; or the question alone"),
  query_prefix: z.string().default("").describe("Put before the question of a query, as in 'query: '"),
  passage_prefix: z.string().default("").describe("Put before a passage, as in 'passage: '"),
  max_query_length: z.int().min(8).default(1024).describe("Tokens of a conversation, embedding tokens included"),
  max_passage_length: z.int().min(8).default(384).describe("Tokens of a passage"),
  max_response_length: z.int().min(4).default(384).describe("Tokens of a response"),
  prompt: z.string().min(1).default("rag").describe("RAG prompt: a name in prompts/ or a template file"),
  normalize: z.boolean().default(true).describe("L2-normalise embeddings, so that the inner product is the cosine"),
  temperature: z.number().min(1e-6).default(0.01).describe("Divides the scores of the contrastive losses (τ)"),
});
export type SequenceSettings = z.infer<typeof SequenceSettings>;

export const SEQUENCE_SETTINGS_KEYS = Object.keys(SequenceSettings.shape) as (keyof SequenceSettings)[];

/** @file The Qwen3 family (arXiv 2505.09388): Llama with RMSNorm over the heads of queries and keys, and a head_dim of its own. */
import { z } from "zod";
import { type ConfigKeys, readConfig } from "./config.ts";
import { completeDecoder, decoderFields, tinyDecoder, windowFields, windowsOf } from "./decoder-fields.ts";
import type { Model } from "./family.ts";
import { decoderModel } from "./layers/decoder.ts";

const fields = {
  ...decoderFields,
  ...windowFields,
  head_dim: z.int().min(1).default(128),
  attention_bias: z.boolean().default(false),
  use_sliding_window: z.boolean().default(false),
  max_window_layers: z.int().min(0).default(28),
};
const Qwen3Config = z.strictObject(fields).transform(completeDecoder);
const KEYS: ConfigKeys<z.output<typeof Qwen3Config>> = { schema: Qwen3Config, names: Object.keys(fields), ignored: {} };

export function fromConfig(raw: Readonly<Record<string, unknown>>, file: string): Model {
  const config = readConfig(raw, KEYS, file);
  const { attention_bias } = config;
  return decoderModel("qwen3", {
    ...config,
    qkv_bias: attention_bias,
    o_bias: attention_bias,
    mlp_bias: false,
    qk_norm: true,
    windowOf: windowsOf(config),
  });
}

/** A tiny config.json for the tests every family passes. */
export const example = {
  ...tinyDecoder,
  model_type: "qwen3",
  head_dim: 6,
};

/** @file The Llama family (arXiv 2307.09288, 2407.21783): pre-norm decoder, rotary positions, grouped-query attention, SwiGLU. */
import { z } from "zod";
import { type ConfigKeys, readConfig } from "./config.ts";
import { completeDecoder, decoderFields, tinyDecoder } from "./decoder-fields.ts";
import type { Model } from "./family.ts";
import { decoderModel } from "./layers/decoder.ts";

const fields = { ...decoderFields, attention_bias: z.boolean().default(false), mlp_bias: z.boolean().default(false) };
const LlamaConfig = z.strictObject(fields).transform(completeDecoder);

const KEYS: ConfigKeys<z.output<typeof LlamaConfig>> = {
  schema: LlamaConfig,
  names: Object.keys(fields),
  ignored: { pretraining_tp: "how the products were split in pretraining; the result is the same" },
};

export function fromConfig(raw: Readonly<Record<string, unknown>>, file: string): Model {
  const config = readConfig(raw, KEYS, file);
  const { attention_bias } = config;
  return decoderModel("llama", { ...config, qkv_bias: attention_bias, o_bias: attention_bias, qk_norm: false, windowOf: () => null });
}

/** A tiny config.json for the tests every family passes. */
export const example = {
  ...tinyDecoder,
  model_type: "llama",
};

/** @file The Qwen2 family (arXiv 2407.10671): Llama with a bias on queries, keys and values; upper layers may have a sliding window. */
import { z } from "zod";
import { type ConfigKeys, readConfig } from "./config.ts";
import { completeDecoder, decoderFields, tinyDecoder, windowFields, windowsOf } from "./decoder-fields.ts";
import type { Model } from "./family.ts";
import { decoderModel } from "./layers/decoder.ts";

const fields = {
  ...decoderFields,
  ...windowFields,
  use_sliding_window: z.boolean().default(false),
  max_window_layers: z.int().min(0).default(28),
};
const Qwen2Config = z.strictObject(fields).transform(completeDecoder);
const KEYS: ConfigKeys<z.output<typeof Qwen2Config>> = { schema: Qwen2Config, names: Object.keys(fields), ignored: {} };

export function fromConfig(raw: Readonly<Record<string, unknown>>, file: string): Model {
  const config = readConfig(raw, KEYS, file);
  return decoderModel("qwen2", { ...config, qkv_bias: true, o_bias: false, mlp_bias: false, qk_norm: false, windowOf: windowsOf(config) });
}

/** A tiny config.json for the tests every family passes: a window in the upper layer only. */
export const example = {
  ...tinyDecoder,
  model_type: "qwen2",
  use_sliding_window: true,
  sliding_window: 3,
  max_window_layers: 1,
};

/** @file The Mistral family (arXiv 2310.06825): Llama with a sliding window. */
import { z } from "zod";
import { type ConfigKeys, readConfig } from "./config.ts";
import { completeDecoder, decoderFields, tinyDecoder, windowFields, windowsOf } from "./decoder-fields.ts";
import type { Model } from "./family.ts";
import { decoderModel } from "./layers/decoder.ts";

const fields = { ...decoderFields, sliding_window: windowFields.sliding_window };
const MistralConfig = z.strictObject(fields).transform(completeDecoder);
const KEYS: ConfigKeys<z.output<typeof MistralConfig>> = { schema: MistralConfig, names: Object.keys(fields), ignored: {} };

export function fromConfig(raw: Readonly<Record<string, unknown>>, file: string): Model {
  const config = readConfig(raw, KEYS, file);
  return decoderModel("mistral", {
    ...config,
    qkv_bias: false,
    o_bias: false,
    mlp_bias: false,
    qk_norm: false,
    windowOf: windowsOf(config),
  });
}

/** A tiny config.json for the tests every family passes; the window is shorter than the tests' sequences. */
export const example = {
  ...tinyDecoder,
  model_type: "mistral",
  head_dim: 6,
  sliding_window: 3,
};

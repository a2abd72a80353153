/** @file Reading config.json by a whitelist: a key is implemented, or ignored for a stated reason, or the checkpoint is refused by its name. */
import type { z } from "zod";
import { DataError } from "../util/errors.ts";

export interface ConfigKeys<T> {
  /** The keys the family computes with. */
  schema: z.ZodType<T>;
  names: readonly string[];
  /** key → why it cannot change what is computed */
  ignored: Readonly<Record<string, string>>;
}

/** Keys any transformers config may carry that say nothing about the computation. */
export const ALWAYS_IGNORED: Readonly<Record<string, string>> = {
  architectures: "the family follows from model_type",
  model_type: "it chose this family",
  dtype: "every tensor carries its own type",
  torch_dtype: "every tensor carries its own type",
  transformers_version: "a record of what wrote the file",
  _name_or_path: "a record of where the file came from",
  use_cache: "generation always caches",
  bos_token_id: "special tokens come from the tokenizer",
  eos_token_id: "special tokens come from the tokenizer",
  pad_token_id: "padding is masked by position",
  initializer_range: "weights are read, not drawn",
  id2label: "no classification head is read",
  label2id: "no classification head is read",
  _attn_implementation_autoset: "a choice of kernel",
  return_dict: "a choice of Python's return type",
  output_hidden_states: "a choice of Python's return type",
  output_attentions: "a choice of Python's return type",
  problem_type: "no classification head is read",
  chunk_size_feed_forward: "a choice of memory use",
  is_encoder_decoder: "every family here is a decoder",
};

/** Checks and types a raw config. `file` names it in errors. */
export function readConfig<T>(raw: Readonly<Record<string, unknown>>, keys: ConfigKeys<T>, file: string): T {
  const known = new Set([...keys.names, ...Object.keys(keys.ignored), ...Object.keys(ALWAYS_IGNORED)]);
  const unknown = Object.keys(raw).filter((key) => !known.has(key));
  if (unknown.length > 0)
    throw new DataError(
      `${unknown.map((key) => `"${key}": ${JSON.stringify(raw[key])}`).join(", ")} ${unknown.length === 1 ? "is" : "are"} not implemented for model_type ${JSON.stringify(raw["model_type"])}; ` +
        "computing without it would give other numbers than the model's own. If it cannot matter for this checkpoint, remove the key.",
      { file },
    );
  const parsed = keys.schema.safeParse(Object.fromEntries(Object.entries(raw).filter(([key]) => keys.names.includes(key))));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    (issue) =>
      `${issue.path.join(".") || "config"}: ${issue.message} (found ${JSON.stringify(issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], raw))})`,
  );
  throw new DataError(problems.join("; "), { file });
}

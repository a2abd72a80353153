/** @file The config keys that every decoder family has, under their Hugging Face names. */
import { z } from "zod";
import { type Rope, readRope } from "./layers/rope-scaling.ts";

const size = z.int().min(1);

export const decoderFields = {
  vocab_size: size,
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  num_key_value_heads: size.nullish(),
  head_dim: size.nullish(),
  max_position_embeddings: size.default(2048),
  rms_norm_eps: z.number().positive().default(1e-6),
  rope_theta: z.number().positive().nullish(),
  rope_scaling: z.record(z.string(), z.unknown()).nullish(),
  rope_parameters: z.record(z.string(), z.unknown()).nullish(),
  hidden_act: z.literal("silu").default("silu"),
  attention_dropout: z.literal(0).default(0),
  tie_word_embeddings: z.boolean().default(false),
};

/** Fills in what follows from other keys; problems are reported under the key they concern. */
export function completeDecoder<T extends z.output<z.ZodObject<typeof decoderFields>>>(
  raw: T,
  context: z.RefinementCtx,
): T & { num_key_value_heads: number; head_dim: number; rope: Rope } {
  const num_key_value_heads = raw.num_key_value_heads ?? raw.num_attention_heads;
  const head_dim = raw.head_dim ?? raw.hidden_size / raw.num_attention_heads;
  const refuse = (key: string, message: string) => context.addIssue({ code: "custom", path: [key], message });
  if (raw.num_attention_heads % num_key_value_heads !== 0)
    refuse("num_key_value_heads", `num_attention_heads (${raw.num_attention_heads}) must be a multiple of num_key_value_heads`);
  if (!Number.isInteger(head_dim) || head_dim % 2 !== 0)
    refuse("head_dim", `head_dim (by default hidden_size / num_attention_heads = ${head_dim}) must be an even whole number`);
  return { ...raw, num_key_value_heads, head_dim, rope: ropeOf(raw, refuse) };
}

function ropeOf(raw: z.output<z.ZodObject<typeof decoderFields>>, refuse: (key: string, message: string) => void): Rope {
  try {
    return readRope(raw);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const key = raw.rope_parameters ? "rope_parameters" : "rope_scaling";
    refuse(key, error.issues.map((issue) => `${issue.path.join(".") || "value"}: ${issue.message}`).join("; "));
    return { rope_type: "default", rope_theta: 1, max_position_embeddings: 1 };
  }
}

/** `layer_types` and the older switches of transformers, as the window of each layer. */
export function windowsOf(raw: {
  num_hidden_layers: number;
  sliding_window?: number | null | undefined;
  use_sliding_window?: boolean;
  max_window_layers?: number;
  layer_types?: readonly string[] | null | undefined;
}): (layer: number) => number | null {
  const window = raw.use_sliding_window === false ? null : (raw.sliding_window ?? null);
  const types =
    raw.layer_types ??
    Array.from({ length: raw.num_hidden_layers }, (_, layer) =>
      window !== null && layer >= (raw.max_window_layers ?? 0) ? "sliding_attention" : "full_attention",
    );
  return (layer) => (types[layer] === "sliding_attention" ? window : null);
}

export const windowFields = {
  sliding_window: size.nullish(),
  layer_types: z.array(z.enum(["full_attention", "sliding_attention"])).nullish(),
};

/** The sizes of the families' example configs. */
export const tinyDecoder = {
  vocab_size: 13,
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  max_position_embeddings: 32,
  rms_norm_eps: 1e-5,
  rope_theta: 100,
};

/** @file The sizes of a fresh model: a preset, changed by flags; its config.json. */
import type { InitModelOptions } from "../schema/options/init-model.ts";
import { UsageError } from "../util/errors.ts";

export interface Sizes {
  vocab_size: number;
  hidden_size: number;
  intermediate_size: number;
  num_hidden_layers: number;
  num_attention_heads: number;
  num_key_value_heads: number;
  max_position_embeddings: number;
}

const PRESETS: Record<InitModelOptions["preset"], Omit<Sizes, "num_key_value_heads">> = {
  nano: {
    vocab_size: 4096,
    hidden_size: 192,
    intermediate_size: 512,
    num_hidden_layers: 5,
    num_attention_heads: 6,
    max_position_embeddings: 2048,
  },
  mini: {
    vocab_size: 8192,
    hidden_size: 384,
    intermediate_size: 1152,
    num_hidden_layers: 6,
    num_attention_heads: 6,
    max_position_embeddings: 4096,
  },
};

/** `vocab_size` is still the most the tokenizer may have. */
export function sizesOf(options: InitModelOptions): Sizes {
  const { preset, num_key_value_heads, ...flags } = options;
  const sizes = { ...PRESETS[preset] };
  for (const key of Object.keys(sizes) as (keyof typeof sizes)[]) sizes[key] = flags[key] ?? sizes[key];
  const { hidden_size: hidden, num_attention_heads: heads } = sizes;
  const keyValueHeads = num_key_value_heads ?? heads;
  if (hidden % (2 * heads) !== 0) {
    throw new UsageError(`--hidden-size ${hidden} over --num-attention-heads ${heads} must be an even whole number; change one of them`);
  }
  if (heads % keyValueHeads !== 0) {
    throw new UsageError(`--num-attention-heads ${heads} must be a multiple of --num-key-value-heads ${keyValueHeads}`);
  }
  return { ...sizes, num_key_value_heads: keyValueHeads };
}

/** As transformers writes it for LlamaForCausalLM. */
export function configJson(sizes: Sizes, options: InitModelOptions): Record<string, unknown> {
  return {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    vocab_size: sizes.vocab_size,
    hidden_size: sizes.hidden_size,
    intermediate_size: sizes.intermediate_size,
    num_hidden_layers: sizes.num_hidden_layers,
    num_attention_heads: sizes.num_attention_heads,
    num_key_value_heads: sizes.num_key_value_heads,
    head_dim: sizes.hidden_size / sizes.num_attention_heads,
    hidden_act: "silu",
    max_position_embeddings: sizes.max_position_embeddings,
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    attention_bias: false,
    mlp_bias: false,
    tie_word_embeddings: options.tie_word_embeddings,
    initializer_range: options.initializer_range,
    bos_token_id: null,
    eos_token_id: 0,
    pad_token_id: 0,
    torch_dtype: "float32",
    use_cache: true,
  };
}

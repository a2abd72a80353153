/** @file The model shapes the benchmarks run: config.json and what follows from it. */

export type Shape = ReturnType<typeof llama>;

function llama(sizes: { hidden: number; layers: number; heads: number; kv: number; wide: number; vocab: number }) {
  return {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    hidden_size: sizes.hidden,
    num_hidden_layers: sizes.layers,
    num_attention_heads: sizes.heads,
    num_key_value_heads: sizes.kv,
    intermediate_size: sizes.wide,
    vocab_size: sizes.vocab,
    max_position_embeddings: 2048,
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    hidden_act: "silu",
    tie_word_embeddings: true,
    bos_token_id: 1,
    eos_token_id: 2,
    torch_dtype: "float32",
  };
}

/** The shape of SmolLM2-135M; `quick` keeps two of its layers. */
export const shapeOf = (quick: boolean): Shape => llama({ hidden: 576, layers: quick ? 2 : 30, heads: 9, kv: 3, wide: 1536, vocab: 49152 });

/** The shape `init-model --preset mini` makes, 15M parameters. */
export const miniShape = (quick: boolean): Shape => llama({ hidden: 384, layers: quick ? 2 : 6, heads: 6, kv: 6, wide: 1152, vocab: 8192 });

/** Module → [out, in] of every linear of a layer. */
export function linears({ hidden_size: h, intermediate_size: f, num_attention_heads: n, num_key_value_heads: kv }: Shape) {
  const small = (h / n) * kv;
  return {
    "self_attn.q_proj": [h, h],
    "self_attn.k_proj": [small, h],
    "self_attn.v_proj": [small, h],
    "self_attn.o_proj": [h, h],
    "mlp.gate_proj": [f, h],
    "mlp.up_proj": [f, h],
    "mlp.down_proj": [h, f],
  } as const;
}

/** Every number of the base model, the tied embedding once. */
export function parametersOf(config: Shape): number {
  const linear = Object.values(linears(config)).reduce((sum, [out, input]) => sum + out * input, 0);
  return config.vocab_size * config.hidden_size + config.num_hidden_layers * (linear + 2 * config.hidden_size) + config.hidden_size;
}

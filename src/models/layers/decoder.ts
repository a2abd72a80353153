/** @file The pre-norm decoder that the families share: each family says only where it differs. */
import { checkpoint } from "../../onnx/checkpoint.ts";
import type { Value } from "../../onnx/ir.ts";
import type { DecoderConfig, ForwardInputs, ForwardOutputs, Model } from "../family.ts";
import type { Parameters } from "../parameters.ts";
import { attention } from "./attention.ts";
import { attentionBias } from "./mask.ts";
import { gatedMlp } from "./mlp.ts";
import { rmsNorm } from "./rmsnorm.ts";
import type { Rope } from "./rope-scaling.ts";
import { rotaryCaches } from "./rope.ts";

export interface DecoderSpec extends DecoderConfig {
  intermediate_size: number;
  rms_norm_eps: number;
  rope: Rope;
  /** Bias of q_proj, k_proj and v_proj; of o_proj; of the feed-forward layers. */
  qkv_bias: boolean;
  o_bias: boolean;
  mlp_bias: boolean;
  /** RMSNorm over the head dimension of queries and keys, before the rotation. */
  qk_norm: boolean;
  /** Positions a layer looks back, its own included; null for all of them. */
  windowOf(layer: number): number | null;
}

export function decoderModel(model_type: string, config: DecoderSpec): Model {
  const embedding = config.tie_word_embeddings ? "model.embed_tokens.weight" : "lm_head.weight";
  return {
    model_type,
    config,
    weights: () => weightShapes(config),
    linears: () => linearShapes(config),
    forward: (parameters, inputs) => forward(parameters, inputs, config),
    head: (parameters) => parameters.weight(embedding, [config.vocab_size, config.hidden_size]),
    headTable: (parameters) => parameters.table(embedding, [config.vocab_size, config.hidden_size]),
  };
}

function forward(parameters: Parameters, inputs: ForwardInputs, config: DecoderSpec): ForwardOutputs {
  const { graph } = parameters;
  const { input_ids, position_ids, past } = inputs;
  const norm = { size: config.hidden_size, eps: config.rms_norm_eps };
  const rotary = rotaryCaches(graph, { positions: inputs.max_positions, head_dim: config.head_dim, rope: config.rope });
  const biasOf = biases(parameters, inputs, config);

  const embeddings = parameters.table("model.embed_tokens.weight", [config.vocab_size, config.hidden_size]).rowsOf(input_ids);
  const present: ForwardOutputs["present"] = [];
  let x: Value = embeddings; // [batch, seq, hidden]
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const name = `model.layers.${layer}`;
    const bias = biasOf(layer);
    graph.scope(`layers.${layer}`, () => {
      x = checkpoint(graph, () => {
        const normed = rmsNorm(parameters, `${name}.input_layernorm`, x, norm);
        const read = { x: normed, positions: position_ids, bias, rotary, past: past?.[layer] ?? null, config };
        const attended = graph.scope("self_attn", () => attention(parameters, `${name}.self_attn`, read));
        present.push(attended.present);
        const middle = graph.op("Add", [x, attended.output]);
        const widened = rmsNorm(parameters, `${name}.post_attention_layernorm`, middle, norm);
        return graph.op("Add", [middle, graph.scope("mlp", () => gatedMlp(parameters, `${name}.mlp`, widened, config))]);
      });
    });
  }
  return { embeddings, hidden: rmsNorm(parameters, "model.norm", x, norm), present };
}

/** One bias per window, shared by the layers that have it; a window as long as any sequence is none. */
function biases(
  { graph }: Parameters,
  { input_ids, position_ids, hole, max_positions, past, past_positions }: ForwardInputs,
  config: DecoderSpec,
): (layer: number) => Value {
  const groups = config.num_attention_heads / config.num_key_value_heads;
  const made = new Map<number | null, Value>();
  return (layer) => {
    const asked = config.windowOf(layer);
    const size = asked !== null && asked < max_positions ? asked : null;
    let bias = made.get(size);
    if (!bias) {
      const seq = input_ids.shape[1]!;
      const window = () => (size === null ? null : { size, positions: position_ids, past: past_positions?.() ?? null });
      bias = graph.scope("mask", () => attentionBias(graph, { seq, past: past?.[0]?.key.shape[2] ?? 0, groups, hole, window: window() }));
      made.set(size, bias);
    }
    return bias;
  };
}

function linearShapes(config: DecoderSpec): Map<string, readonly [number, number]> {
  const { hidden_size: hidden, intermediate_size: wide, head_dim } = config;
  const [queries, keys] = [config.num_attention_heads * head_dim, config.num_key_value_heads * head_dim];
  const shapes = new Map<string, readonly [number, number]>();
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const name = `model.layers.${layer}`;
    shapes.set(`${name}.self_attn.q_proj`, [queries, hidden]);
    shapes.set(`${name}.self_attn.k_proj`, [keys, hidden]);
    shapes.set(`${name}.self_attn.v_proj`, [keys, hidden]);
    shapes.set(`${name}.self_attn.o_proj`, [hidden, queries]);
    shapes.set(`${name}.mlp.gate_proj`, [wide, hidden]);
    shapes.set(`${name}.mlp.up_proj`, [wide, hidden]);
    shapes.set(`${name}.mlp.down_proj`, [hidden, wide]);
  }
  return shapes;
}

function weightShapes(config: DecoderSpec): Map<string, readonly number[]> {
  const { hidden_size: hidden, head_dim } = config;
  const shapes = new Map<string, readonly number[]>([["model.embed_tokens.weight", [config.vocab_size, hidden]]]);
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const name = `model.layers.${layer}`;
    shapes.set(`${name}.input_layernorm.weight`, [hidden]);
    shapes.set(`${name}.post_attention_layernorm.weight`, [hidden]);
    if (config.qk_norm) for (const part of ["q_norm", "k_norm"]) shapes.set(`${name}.self_attn.${part}.weight`, [head_dim]);
  }
  for (const [name, [outputs, inputs]] of linearShapes(config)) {
    shapes.set(`${name}.weight`, [outputs, inputs]);
    const biased = name.includes(".mlp.") ? config.mlp_bias : name.endsWith(".o_proj") ? config.o_bias : config.qkv_bias;
    if (biased) shapes.set(`${name}.bias`, [outputs]);
  }
  shapes.set("model.norm.weight", [hidden]);
  if (!config.tie_word_embeddings) shapes.set("lm_head.weight", [config.vocab_size, hidden]);
  return shapes;
}

/** @file Grouped-query attention (arXiv 2305.13245) with rotary positions and an optional key/value cache. */
import type { Value } from "../../onnx/ir.ts";
import type { Parameters } from "../parameters.ts";
import { attendCached, type KeyValue } from "./attend-cached.ts";
import { attend } from "./attend.ts";
import { linear } from "./linear.ts";
import { rmsNorm } from "./rmsnorm.ts";
import { type RotaryCaches, rotate } from "./rope.ts";

export interface AttentionConfig {
  hidden_size: number;
  num_attention_heads: number;
  num_key_value_heads: number;
  head_dim: number;
  rms_norm_eps: number;
  qkv_bias: boolean;
  o_bias: boolean;
  /** RMSNorm over the head dimension of queries and keys, before the rotation (Qwen3). */
  qk_norm: boolean;
}

export interface AttentionInputs {
  /** int64 [batch, seq] */
  positions: Value;
  bias: Value;
  rotary: RotaryCaches;
  past: KeyValue | null;
}

/** x [batch, seq, hidden] → the layer's output, and the keys and values of x (without those of `past`). */
export function attention(
  parameters: Parameters,
  name: string,
  { x, positions, bias, rotary, past, config }: AttentionInputs & { x: Value; config: AttentionConfig },
): { output: Value; present: KeyValue } {
  const { graph } = parameters;
  const { hidden_size, num_attention_heads: heads, num_key_value_heads: kvHeads, head_dim } = config;
  const [batch, seq] = [x.shape[0]!, x.shape[1]!];
  const project = (part: string, count: number): Value => {
    const flat = linear(parameters, `${name}.${part}`, x, { inputs: hidden_size, outputs: count * head_dim, bias: config.qkv_bias });
    return graph.transpose(graph.reshape(flat, [batch, seq, count, head_dim]), [0, 2, 1, 3]);
  };
  const turned = (part: "q" | "k", count: number): Value => {
    const projected = project(`${part}_proj`, count);
    const norm = { size: head_dim, eps: config.rms_norm_eps };
    return rotate(graph, config.qk_norm ? rmsNorm(parameters, `${name}.${part}_norm`, projected, norm) : projected, positions, rotary);
  };
  const query = turned("q", heads);
  const key = turned("k", kvHeads);
  const value = project("v_proj", kvHeads);
  const read = { query, key, value, bias };
  const merged = past ? attendCached(graph, read, past) : attend(graph, read);
  const output = linear(parameters, `${name}.o_proj`, merged, {
    inputs: heads * head_dim,
    outputs: hidden_size,
    bias: config.o_bias,
  });
  return { output, present: { key, value } };
}

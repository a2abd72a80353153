/** @file Grouped-query attention (arXiv 2305.13245) with rotary positions and an optional key/value cache. */
import type { GraphBuilder } from "../../onnx/builder.ts";
import { multiplyDims } from "../../onnx/dims.ts";
import type { Value } from "../../onnx/ir.ts";
import type { Parameters } from "../parameters.ts";
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

/** Keys and values [batch, kv heads, seq, head_dim], rotated. */
export interface KeyValue {
  key: Value;
  value: Value;
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
  // The query heads of a group become rows of their one key head, so keys and values are never repeated.
  const rows = graph.reshape(query, [batch, kvHeads, multiplyDims(heads / kvHeads, seq), head_dim]);
  // One new token: its scores are few and the cache is long, so the cache is read where it lies. Many: joining keys and values is cheap.
  const apart = past !== null && seq === 1;
  const joined = past && !apart ? join(graph, past, { key, value }) : { key, value };
  const product = (keys: Value): Value => graph.matmul(rows, keys, { transB: true, alpha: head_dim ** -0.5 });
  const scores = apart ? graph.op("Concat", [product(past.key), product(key)], { axis: 3 }) : product(joined.key);
  const weights = graph.op("Softmax", [graph.op("Add", [scores, bias])], { axis: -1 });
  const mixed = apart ? mixTwo(graph, weights, [past.value, value]) : graph.matmul(weights, joined.value);
  const merged = graph.transpose(graph.reshape(mixed, [batch, heads, seq, head_dim]), [0, 2, 1, 3]);
  const output = linear(parameters, `${name}.o_proj`, graph.reshape(merged, [batch, seq, heads * head_dim]), {
    inputs: heads * head_dim,
    outputs: hidden_size,
    bias: config.o_bias,
  });
  return { output, present: { key, value } };
}

function join(graph: GraphBuilder, past: KeyValue, present: KeyValue): KeyValue {
  const both = (first: Value, second: Value): Value => graph.op("Concat", [first, second], { axis: 2 });
  return { key: both(past.key, present.key), value: both(past.value, present.value) };
}

/** weights [.., a+b] · [first; second], where first has a rows and second b. */
function mixTwo(graph: GraphBuilder, weights: Value, [first, second]: readonly [Value, Value]): Value {
  const border = graph.sizes([first.shape[2]!]);
  const end = graph.ints(Number.MAX_SAFE_INTEGER);
  const axis = graph.ints(3);
  const left = graph.op("Slice", [weights, graph.ints(0), border, axis]);
  const right = graph.op("Slice", [weights, border, end, axis]);
  return graph.op("Add", [graph.matmul(left, first), graph.matmul(right, second)]);
}

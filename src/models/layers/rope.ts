/** @file Rotary position embedding (arXiv 2104.09864): tables made once per graph, and their use. */
import type { GraphBuilder } from "../../onnx/builder.ts";
import type { Value } from "../../onnx/ir.ts";
import { type Rope, rotaryFrequencies } from "./rope-scaling.ts";

export interface RotaryCaches {
  cos: Value;
  sin: Value;
}

interface RotaryTable {
  positions: number;
  head_dim: number;
  rope: Rope;
}

const built = new WeakMap<GraphBuilder, Map<string, RotaryCaches>>();

/** The tables cos and sin [positions, head_dim / 2], made once per graph however many passes share them. */
export function rotaryCaches(graph: GraphBuilder, table: RotaryTable): RotaryCaches {
  const tables = built.get(graph) ?? new Map<string, RotaryCaches>();
  built.set(graph, tables);
  const key = JSON.stringify(table);
  const caches = tables.get(key) ?? computeCaches(graph, table);
  tables.set(key, caches);
  return caches;
}

/** Rounded step by step to float32, as transformers computes them. */
function computeCaches(graph: GraphBuilder, { positions, head_dim, rope }: RotaryTable): RotaryCaches {
  const half = head_dim / 2;
  const { frequencies, attention_factor } = rotaryFrequencies(rope, head_dim);
  const cos = new Float32Array(positions * half);
  const sin = new Float32Array(positions * half);
  for (let i = 0; i < half; i++) {
    for (let position = 0; position < positions; position++) {
      const angle = Math.fround(position * frequencies[i]!);
      cos[position * half + i] = Math.fround(Math.cos(angle)) * attention_factor;
      sin[position * half + i] = Math.fround(Math.sin(angle)) * attention_factor;
    }
  }
  return { cos: graph.floats(cos, [positions, half]), sin: graph.floats(sin, [positions, half]) };
}

/** x [batch, heads, seq, head_dim], positions [batch, seq] int64 */
export function rotate(graph: GraphBuilder, x: Value, positions: Value, { cos, sin }: RotaryCaches): Value {
  return graph.op("RotaryEmbedding", [x, positions, cos, sin]);
}

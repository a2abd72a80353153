/** @file The attention bias: causal, with a hole of columns a row may not see (the session mask). */
import type { GraphBuilder } from "../../onnx/builder.ts";
import { addDims, type Dim } from "../../onnx/dims.ts";
import type { Value } from "../../onnx/ir.ts";

/** Far below any score, and its exponential is exactly 0. */
const BLOCKED = -1e9;

/** Row i does not see the columns [start, end). Both int64 [batch, seq]. */
export interface Hole {
  start: Value;
  end: Value;
}

export interface BiasOptions {
  seq: Dim;
  past?: Dim;
  /** Query heads per key head. */
  groups: number;
  hole: Hole | null;
  /** Sliding attention: a row sees the `size` newest positions, its own included; int64 [batch, seq], and [batch, past] of the cache. */
  window: { size: number; positions: Value; past: Value | null } | null;
}

/**
 * Bias [1 or batch, 1, groups·seq, past+seq], added to the scores: 0 where row i may see column j (j ≤ past + i, j not in its hole).
 * Right padding needs no mask of its own: real rows stand before it. Rows repeat `groups` times, one copy per query head of a group.
 */
export function attentionBias(graph: GraphBuilder, { seq, past = 0, groups, hole, window }: BiasOptions): Value {
  const columns = graph.range(addDims(past, seq)); // [past+seq]
  const first = past === 0 ? graph.ints(0) : graph.sizes([past]);
  const rows = graph.reshape(graph.op("Add", [graph.range(seq), first]), [seq, 1]);
  let visible = graph.op("LessOrEqual", [columns, rows]); // [seq, past+seq]
  if (hole) {
    const bound = (value: Value) => graph.op("Unsqueeze", [value, graph.ints(2)]); // [batch, seq, 1]
    const inside = graph.op("And", [
      graph.op("GreaterOrEqual", [columns, bound(hole.start)]),
      graph.op("Less", [columns, bound(hole.end)]),
    ]);
    visible = graph.op("And", [visible, graph.op("Not", [inside])]); // [batch, seq, past+seq]
  }
  if (window) {
    // Positions, not columns: a response behind EMB stands where its prompt ended.
    const { positions, past: before } = window;
    const all = before ? graph.op("Concat", [before, positions], { axis: 1 }) : positions; // [batch, past+seq]
    const distance = graph.op("Sub", [graph.op("Unsqueeze", [positions, graph.ints(2)]), graph.op("Unsqueeze", [all, graph.ints(1)])]);
    visible = graph.op("And", [visible, graph.op("Less", [distance, graph.intScalar(window.size)])]); // [batch, seq, past+seq]
  }
  const bias = graph.op("Where", [visible, graph.scalar(0), graph.scalar(BLOCKED)]);
  const batched = graph.reshape(bias, [visible.shape.length === 3 ? visible.shape[0]! : 1, 1, seq, addDims(past, seq)]);
  return groups === 1 ? batched : graph.op("Tile", [batched, graph.ints(1, 1, groups, 1)]);
}

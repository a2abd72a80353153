/** @file Attention that continues a key/value cache, for inference. */
import type { GraphBuilder } from "../../onnx/builder.ts";
import type { Value } from "../../onnx/ir.ts";
import { type AttendInputs, foldGroups, joinHeads } from "./attend.ts";

/** Keys and values [batch, kv heads, seq, head_dim], rotated. */
export interface KeyValue {
  key: Value;
  value: Value;
}

/** As `attend`, with the columns of `past` before those of `key` and `value`: bias [.., past + seq] → [batch, seq, heads·head_dim] */
export function attendCached(graph: GraphBuilder, { query, key, value, bias }: AttendInputs, past: KeyValue): Value {
  const rows = foldGroups(graph, query, key);
  const product = (keys: Value): Value => graph.matmul(rows, keys, { transB: true, alpha: (query.shape[3] as number) ** -0.5 });
  const both = (first: Value, second: Value, axis: number): Value => graph.op("Concat", [first, second], { axis });
  // One new token: its scores are few and the cache is long, so the cache is read where it lies. Many: joining keys and values is cheap.
  const apart = query.shape[2] === 1;
  const scores = apart ? both(product(past.key), product(key), 3) : product(both(past.key, key, 2));
  const weights = graph.op("Softmax", [graph.op("Add", [scores, bias])], { axis: -1 });
  const mixed = apart ? mixTwo(graph, weights, [past.value, value]) : graph.matmul(weights, both(past.value, value, 2));
  return joinHeads(graph, mixed, query);
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

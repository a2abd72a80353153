/** @file softmax(α·q·kᵀ + bias)·v over whole sequences, with a gradient of its own (after FlashAttention-2, arXiv 2307.08691). */
import type { GraphBuilder } from "../../onnx/builder.ts";
import { type Backward, customGradient } from "../../onnx/custom.ts";
import { multiplyDims } from "../../onnx/dims.ts";
import type { Value } from "../../onnx/ir.ts";

export interface AttendInputs {
  /** [batch, heads, seq, head_dim] */
  query: Value;
  /** [batch, kv heads, seq, head_dim] */
  key: Value;
  value: Value;
  /** [1 or batch, 1, heads / kv heads · seq, seq] */
  bias: Value;
}

/** → [batch, seq, heads·head_dim] */
export function attend(graph: GraphBuilder, { query, key, value, bias }: AttendInputs): Value {
  const alpha = (query.shape[3] as number) ** -0.5;
  const forward = (): Value[] => {
    const scores = graph.matmul(foldGroups(graph, query, key), key, { transB: true, alpha });
    const weights = graph.op("Softmax", [graph.op("Add", [scores, bias])], { axis: -1 });
    return [joinHeads(graph, graph.matmul(weights, value), query), weights];
  };
  return customGradient(graph, {
    name: "attend",
    inputs: [query, key, value],
    forward,
    gradient: (backward) => gradient(backward, alpha),
  })[0]!;
}

/**
 * With o = p·v and p = softmax(s): dv = pᵀ·do, dp = do·vᵀ, and ds = p·(dp − δ) where δ = Σ p·dp = Σ do·o is summed over the few
 * columns of a head instead of the many of a row of p. dk and dv are computed as their transposes: a product must copy a
 * transposed left operand, and q and do are narrower than p.
 */
function gradient({ graph, inputs: [query, key, value], outputs: [output, weights], gradients: [dy], needed }: Backward, alpha: number) {
  const turned = (x: Value): Value => graph.transpose(x, [0, 1, 3, 2]);
  const slope = foldGroups(graph, splitHeads(graph, dy!, query!), key!); // do
  const dv = () => turned(graph.matmul(slope, weights!, { transA: true }));
  if (!needed[0] && !needed[1]) return [null, null, dv()];
  const delta = foldGroups(graph, headSums(graph, graph.op("Mul", [dy!, output!]), query!), key!);
  const dp = graph.matmul(slope, value!, { transB: true });
  const ds = graph.op("Mul", [weights!, graph.op("Sub", [dp, delta])]);
  const dq = () => graph.reshape(graph.matmul(ds, key!, { alpha }), query!.shape);
  const dk = () => turned(graph.matmul(foldGroups(graph, query!, key!), ds, { transA: true, alpha }));
  return [needed[0] ? dq() : null, needed[1] ? dk() : null, needed[2] ? dv() : null];
}

/** The query heads of a group become rows of their one key head, so keys and values are never repeated: [batch, kv heads, groups·seq, ..]. */
export function foldGroups(graph: GraphBuilder, x: Value, key: Value): Value {
  const [batch, heads, seq, width] = x.shape;
  const groups = (heads as number) / (key.shape[1] as number);
  return graph.reshape(x, [batch!, key.shape[1]!, multiplyDims(groups, seq!), width!]);
}

/** [batch, kv heads, groups·seq, head_dim] → [batch, seq, heads·head_dim] */
export function joinHeads(graph: GraphBuilder, mixed: Value, query: Value): Value {
  const [batch, heads, seq, head_dim] = query.shape;
  const merged = graph.transpose(graph.reshape(mixed, [batch!, heads!, seq!, head_dim!]), [0, 2, 1, 3]);
  return graph.reshape(merged, [batch!, seq!, multiplyDims(heads!, head_dim!)]);
}

/** [batch, seq, heads·head_dim] → [batch, heads, seq, head_dim] */
const splitHeads = (graph: GraphBuilder, x: Value, query: Value): Value => graph.transpose(headsApart(graph, x, query), [0, 2, 1, 3]);

/** [batch, seq, heads·head_dim] → [batch, heads, seq, 1] */
const headSums = (graph: GraphBuilder, x: Value, query: Value): Value =>
  graph.transpose(graph.reduceSum(headsApart(graph, x, query), [-1]), [0, 2, 1, 3]);

function headsApart(graph: GraphBuilder, x: Value, query: Value): Value {
  const [batch, heads, seq, head_dim] = query.shape;
  return graph.reshape(x, [batch!, seq!, heads!, head_dim!]);
}

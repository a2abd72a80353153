/** @file InfoNCE over a batch (objective: L_R with conversations and passages, L_CII with RAG prompts and responses). */
import type { GraphBuilder } from "../onnx/builder.ts";
import type { Value } from "../onnx/ir.ts";
import type { LossExample } from "./example.ts";

export interface ContrastivePair {
  /** [rows, hidden] */
  queries: Value;
  /** [candidates, hidden] */
  candidates: Value;
  /** Which candidate is each row's own: int64 [rows, 1]. */
  labels: Value;
  /** Added to the scores: a large negative number where a candidate is no negative of the row; [rows, candidates]. */
  bias: Value;
  /** What each row counts: [rows, 1]; 1/n gives the mean. */
  weights: Value;
}

/** Σ w · −log softmax(q · cᵀ / temperature + bias)[label], a scalar. */
export function contrastive(
  graph: GraphBuilder,
  { queries, candidates, labels, bias, weights }: ContrastivePair,
  { temperature }: { temperature: number },
): Value {
  return graph.scope("contrastive", () => {
    // Little work, and a small temperature would make much of what a narrow type rounds off.
    const scores = graph.op("Add", [graph.matmul(queries, candidates, { transB: true, alpha: 1 / temperature, exact: true }), bias]);
    const own = graph.op("GatherElements", [graph.op("LogSoftmax", [scores], { axis: -1 }), labels], { axis: 1 });
    return graph.op("Neg", [graph.op("ReduceSum", [graph.op("Mul", [own, weights])], { keepdims: 0 })]);
  });
}

/** x / |x| over the last axis. */
export function normalized(graph: GraphBuilder, x: Value): Value {
  const square = graph.reduceSum(graph.op("Mul", [x, x]), [-1]);
  // The addend only matters for a vector of zeros, which would otherwise divide by zero.
  return graph.op("Div", [x, graph.op("Sqrt", [graph.op("Add", [square, graph.scalar(1e-24)])])]);
}

const pair = {
  queries: { shape: [3, 4] },
  candidates: { shape: [5, 4] },
  labels: { dtype: "int64" as const, shape: [3, 1], data: [0, 1, 4] },
  weights: { shape: [3, 1], data: [0.5, 0.25, 0], constant: true },
  bias: { shape: [3, 5], data: [0, 0, -1e9, 0, 0, 0, 0, 0, 0, -1e9, 0, 0, 0, 0, 0], constant: true },
};
export const examples: LossExample[] = [1, 0.3].map((temperature) => ({
  inputs: pair,
  build: (graph, { queries, candidates, ...rest }) =>
    contrastive(
      graph,
      {
        queries: normalized(graph, queries!),
        candidates: normalized(graph, candidates!),
        ...(rest as Omit<ContrastivePair, "queries" | "candidates">),
      },
      { temperature },
    ),
}));

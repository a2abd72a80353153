/** @file Picking token rows out of a padded batch. */
import type { GraphBuilder } from "../onnx/builder.ts";
import { customGradient } from "../onnx/custom.ts";
import { type Dim, sizeOf } from "../onnx/dims.ts";
import type { Value } from "../onnx/ir.ts";
import type { LossExample } from "./example.ts";

/**
 * Rows of x [.., hidden] by their index in the flattened leading axes: int64 [k] → [k, hidden]. No row may be named twice: then
 * the gradient is a plain copy of rows, 50 × faster than the exact sum over repeated indices that Gather needs.
 */
export function selectRows(graph: GraphBuilder, x: Value, rows: Value): Value {
  const hidden = x.shape.at(-1)!;
  const count = sizeOf(x.shape.slice(0, -1));
  return customGradient(graph, {
    name: "select_rows",
    inputs: [x, rows],
    forward: () => [graph.op("Gather", [graph.reshape(x, [count, hidden]), rows], { axis: 0 })],
    gradient: ({ gradients: [dy] }) => {
      const places = graph.reshape(rows, [rows.shape[0]!, 1]);
      return [graph.reshape(graph.op("ScatterND", [graph.full([count, hidden], 0), places, dy!]), x.shape), null];
    },
  })[0]!;
}

/** Weighted sums of the rows of each sequence: x [B, S, hidden], weights [B, S] → [B, hidden]. Weights of 1/n over n tokens give their mean. */
export function pooledRows(graph: GraphBuilder, x: Value, weights: Value): Value {
  const [batch, length, hidden] = x.shape as [Dim, Dim, Dim];
  return graph.reshape(graph.matmul(graph.reshape(weights, [batch, 1, length]), x), [batch, hidden]);
}

export const examples: LossExample[] = [
  {
    inputs: { x: { shape: [2, 3, 4] }, rows: { dtype: "int64", shape: [3], data: [5, 0, 2] } },
    build: (graph, { x, rows }) => {
      const picked = selectRows(graph, x!, rows!);
      return graph.op("ReduceSum", [graph.op("Mul", [picked, graph.op("Sigmoid", [picked])])], { keepdims: 0 });
    },
  },
  {
    inputs: { x: { shape: [2, 3, 4] }, weights: { shape: [2, 3], data: [0.5, 0.5, 0, 0.25, 0.25, 0.5], constant: true } },
    build: (graph, { x, weights }) => {
      const pooled = pooledRows(graph, x!, weights!);
      return graph.op("ReduceSum", [graph.op("Mul", [pooled, graph.op("Sigmoid", [pooled])])], { keepdims: 0 });
    },
  },
];

/** @file Label smoothing of the generation losses, as transformers' `label_smoothing_factor` and torch's cross_entropy define it. */
import type { GraphBuilder } from "../onnx/builder.ts";
import type { Value } from "../onnx/ir.ts";
import type { Table } from "../onnx/table.ts";
import type { CrossEntropyRows } from "./cross-entropy.ts";
import type { LossExample } from "./example.ts";

/**
 * What smoothing by ε adds to the cross-entropy, divided by ε: Σ w · (l[target] − mean l), a scalar. With −log p_v = log Z − l_v,
 * (1 − ε)·(−log p[target]) + ε · mean_v(−log p_v) is the plain loss plus ε times this. Both logits are products of h with one row, the
 * target's and the mean of the head's: no row of logits is needed.
 */
export function smoothing(graph: GraphBuilder, { hidden, targets, weights }: CrossEntropyRows, head: Table, mean: Value): Value {
  const own = head.rowsOf(graph.reshape(targets, [targets.shape[0]!]));
  const gap = graph.reduceSum(graph.op("Mul", [hidden, graph.op("Sub", [own, mean])]), [-1]);
  return graph.op("ReduceSum", [graph.op("Mul", [gap, weights])], { keepdims: 0 });
}

/** The mean of the table's rows [1, columns], a block at a time. */
export function meanRow(graph: GraphBuilder, table: Table): Value {
  const blocks = table.blocks();
  const rows = blocks.reduce((sum, { shape }) => sum + Number(shape[0]), 0);
  const total = blocks.map((block) => graph.reduceSum(block, [0])).reduce((sum, part) => graph.op("Add", [sum, part]));
  return graph.op("Mul", [total, graph.scalar(1 / rows)]);
}

const rows = {
  hidden: { shape: [4, 3], range: [-2, 2] as const },
  targets: { dtype: "int64" as const, shape: [4, 1], data: [0, 5, 2, 2] },
  weights: { shape: [4, 1], data: [0.5, 0.25, 0.25, 0], constant: true },
};
export const examples: LossExample[] = [
  {
    inputs: { ...rows, head: { shape: [6, 3], range: [-2, 2] } },
    build: (graph, { head, ...rest }) => {
      const table: Table = { blocks: () => [head!], rowsOf: (ids) => graph.op("Gather", [head!, ids], { axis: 0 }) };
      return smoothing(graph, rest as unknown as CrossEntropyRows, table, meanRow(graph, table));
    },
  },
];

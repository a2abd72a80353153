/** @file Weighted next-token cross-entropy over chosen rows (objective: L_G, and the RAG loss). */
import type { GraphBuilder } from "../onnx/builder.ts";
import { customGradient } from "../onnx/custom.ts";
import type { Value } from "../onnx/ir.ts";
import type { LossExample } from "./example.ts";

export interface CrossEntropyRows {
  /** Hidden states that predict: [rows, hidden]. */
  hidden: Value;
  /** The token each row predicts: int64 [rows, 1]. */
  targets: Value;
  /** What each row counts: float32 [rows, 1]; 1/(T_i·n) gives the mean over samples of the mean over tokens. */
  weights: Value;
}

/** Σ w · −log softmax(h · Eᵀ)[target], a scalar. `head` is E [vocab, hidden]. */
export function crossEntropy(graph: GraphBuilder, { hidden, targets, weights }: CrossEntropyRows, head: Value): Value {
  return graph.scope("cross_entropy", () =>
    graph.op("ReduceSum", [graph.op("Mul", [tokenLosses(graph, { hidden, targets }, head), weights])], { keepdims: 0 }),
  );
}

/**
 * −log p(target) per row [rows, 1]. With p = softmax(l), m = max l: log Σ exp l = m − log max p, and max p ≥ 1/vocab never
 * underflows. The loss and the gradient read the same three columns (m, max p, l[target]), so nothing of size rows × vocab
 * outlives the block.
 */
function tokenLosses(graph: GraphBuilder, { hidden, targets }: Pick<CrossEntropyRows, "hidden" | "targets">, head: Value): Value {
  let p: Value;
  let pTarget: Value;
  const last = { axis: 1 };
  const keep = { keepdims: 1 };
  return customGradient(graph, {
    name: "token_losses",
    inputs: [hidden, head],
    forward: () => {
      const logits = graph.matmul(hidden, head, { transB: true });
      p = graph.op("Softmax", [logits], { axis: -1 });
      const pMax = graph.op("ReduceMax", [p, graph.ints(-1)], keep);
      const gap = graph.op("Sub", [
        graph.op("GatherElements", [logits, targets], last),
        graph.op("ReduceMax", [logits, graph.ints(-1)], keep),
      ]);
      pTarget = graph.op("Mul", [pMax, graph.op("Exp", [gap])]);
      return [graph.op("Neg", [graph.op("Add", [graph.op("Log", [pMax]), gap])])];
    },
    // dl = (p − onehot)·dy: dh = dl·E, dE = dlᵀ·h
    gradient: ({ inputs: [h, E], gradients: [dy], needed }) => {
      const slope = graph.op("ScatterElements", [p, targets, graph.op("Sub", [pTarget, graph.scalar(1)])], last);
      const dh = () => graph.op("Mul", [graph.matmul(slope, E!), dy!]);
      const dE = () => graph.matmul(slope, graph.op("Mul", [h!, dy!]), { transA: true });
      return [needed[0] ? dh() : null, needed[1] ? dE() : null];
    },
  })[0]!;
}

export const examples: LossExample[] = [
  {
    inputs: {
      hidden: { shape: [4, 3], range: [-2, 2] },
      head: { shape: [6, 3], range: [-2, 2] },
      targets: { dtype: "int64", shape: [4, 1], data: [0, 5, 2, 2] },
      weights: { shape: [4, 1], data: [0.5, 0.25, 0.25, 0], constant: true },
    },
    build: (graph, { head, ...rows }) => crossEntropy(graph, rows as unknown as CrossEntropyRows, head!),
  },
];

/** @file Low-rank adapters (LoRA, arXiv 2106.09685), with dropout that costs no memory. */
import type { GraphBuilder } from "../../onnx/builder.ts";
import { customGradient } from "../../onnx/custom.ts";
import { sizeOf } from "../../onnx/dims.ts";
import type { Value } from "../../onnx/ir.ts";

/**
 * Entry (i, j) of x is kept iff rows[i] · columns[j] ≥ threshold, where the product wraps at 32 bits and both words are random odd
 * numbers: for two odd words it is uniform, and over random words two entries of a mask are as good as independent. A mask is so a
 * function of two short vectors, made again where it is needed.
 */
export interface Dropout {
  /** The probability of a zero. */
  p: number;
  /** A word per token: int32 [batch, seq, 1]. */
  rows: Value;
  /** A word per input of the layer: int32 [inputs]. */
  columns: Value;
}

export interface Adapter {
  /** [r, inputs] */
  a: Value;
  /** [outputs, r] */
  b: Value;
  scale: number;
  dropout: Dropout | null;
}

/** x [.., inputs] → scale · (dropout(x)·Aᵀ)·Bᵀ [.., outputs] */
export function lowRank(graph: GraphBuilder, x: Value, { a, b, scale, dropout }: Adapter): Value {
  const low = dropout ? droppedProduct(graph, { x, a }, dropout) : graph.matmul(x, a, { transB: true });
  return graph.matmul(low, b, { transB: true, alpha: scale });
}

/** The smallest product that is kept: a share p of all words lies below it. */
export const dropoutThreshold = (p: number): number => Math.min(2 ** 31 - 1, Math.round(-(2 ** 31) + p * 2 ** 32));

/** y = (m∘x)·Aᵀ/(1−p). Backward keeps x alone and makes m again: dA = dyᵀ·(m∘x)/(1−p), dx = m∘(dy·A)/(1−p). */
function droppedProduct(graph: GraphBuilder, { x, a }: { x: Value; a: Value }, { p, rows, columns }: Dropout): Value {
  const alpha = 1 / (1 - p);
  const kept = (words: readonly [Value, Value]): Value =>
    graph.cast(graph.op("GreaterOrEqual", [graph.op("Mul", [...words]), graph.int32(dropoutThreshold(p))]), x.dtype);
  return customGradient(graph, {
    name: "dropout",
    inputs: [x, a, rows, columns],
    forward: () => [graph.matmul(graph.op("Mul", [x, kept([rows, columns])]), a, { transB: true, alpha })],
    gradient: ({ inputs: [x, a, rows, columns], gradients: [dy], needed }) => {
      const mask = kept([rows!, columns!]);
      const tall = (value: Value): Value => graph.reshape(value, [sizeOf(value.shape.slice(0, -1)), value.shape.at(-1)!]);
      const dx = () => graph.op("Mul", [graph.matmul(dy!, a!, { alpha }), mask]);
      const da = () => graph.matmul(tall(dy!), tall(graph.op("Mul", [x!, mask])), { transA: true, alpha });
      return [needed[0] ? dx() : null, needed[1] ? da() : null, null, null];
    },
  })[0]!;
}

/** @file Reductions and normalised exponentials. Axes are an int64 input (opset 18), as numbers known when the graph is built. */
import type { Dim } from "../dims.ts";
import { reducedAxes } from "../axes.ts";
import type { Attributes, Example, Operator, Typed } from "../ir.ts";

function reducedShape([x, axes]: readonly Typed[], { keepdims }: Attributes): Dim[] {
  const reduced = new Set(reducedAxes(x!, axes));
  if (keepdims === 0) return x!.shape.filter((_, axis) => !reduced.has(axis));
  return x!.shape.map((dim, axis) => (reduced.has(axis) ? 1 : dim));
}

const axes = (...data: number[]) => ({ dtype: "int64" as const, shape: [data.length], data, constant: true });
const reductionExamples: Example[] = [
  { inputs: [{ shape: [2, 3, 4] }, axes(-1)], attributes: { keepdims: 1 } },
  { inputs: [{ shape: [2, 3, 4] }, axes(0, 1)], attributes: { keepdims: 0 } },
  { inputs: [{ shape: [2, 3] }], attributes: { keepdims: 0 } },
];
const reduction: Operator = {
  infer: (inputs, attributes) => [{ dtype: inputs[0]!.dtype, shape: reducedShape(inputs, attributes) }],
  examples: reductionExamples,
};
export const ReduceSum = reduction;
export const ReduceMean = reduction;
export const ReduceMax = reduction;

const normalised: Operator = {
  infer: ([x], { axis }) => {
    if (axis !== -1) throw new Error(`is built over the last axis only, found axis ${String(axis)}`);
    return [{ dtype: x!.dtype, shape: [...x!.shape] }];
  },
  examples: [
    { inputs: [{ shape: [2, 3, 4] }], attributes: { axis: -1 } },
    { inputs: [{ shape: [5] }], attributes: { axis: -1 } },
  ],
};
export const Softmax = normalised;
export const LogSoftmax = normalised;

export const ArgMax: Operator = {
  infer: ([x], { axis, keepdims }) => {
    if (axis !== -1) throw new Error(`is built over the last axis only, found axis ${String(axis)}`);
    return [{ dtype: "int64", shape: keepdims === 0 ? x!.shape.slice(0, -1) : [...x!.shape.slice(0, -1), 1] }];
  },
  examples: [{ inputs: [{ shape: [2, 5] }], attributes: { axis: -1, keepdims: 0 } }],
};

/** k is an int64 [1] constant; returns values and int64 indices, sorted, largest first. */
export const TopK: Operator = {
  infer: ([x, k], { axis }) => {
    if (axis !== -1) throw new Error(`is built over the last axis only, found axis ${String(axis)}`);
    if (k!.content?.length !== 1) throw new Error("k must be known when the graph is built");
    const shape = [...x!.shape.slice(0, -1), k!.content[0]!];
    return [
      { dtype: x!.dtype, shape },
      { dtype: "int64", shape: [...shape] },
    ];
  },
  examples: [{ inputs: [{ shape: [2, 5] }, axes(3)], attributes: { axis: -1, largest: 1, sorted: 1 } }],
};

/** y = x / sqrt(mean(x²) + epsilon) * scale over the last axis, and 1/sqrt(…) as the second output [.., 1]. ONNX Runtime's fused RMSNorm. */
export const SimplifiedLayerNormalization: Operator = {
  infer: ([x, scale], { axis }, count) => {
    if (axis !== -1) throw new Error(`is built over the last axis only, found axis ${String(axis)}`);
    if (scale!.shape.length !== 1 || scale!.shape[0] !== x!.shape.at(-1))
      throw new Error(`scale must be [${x!.shape.at(-1)}], found [${scale!.shape.join(", ")}]`);
    const y = { dtype: x!.dtype, shape: [...x!.shape] };
    return count === 1 ? [y] : [y, { dtype: "float32", shape: [...x!.shape.slice(0, -1), 1] }];
  },
  examples: [
    { inputs: [{ shape: [2, 3, 4] }, { shape: [4] }], attributes: { axis: -1, epsilon: { float: 1e-5 }, stash_type: 1 } },
    { inputs: [{ shape: [5, 8] }, { shape: [8] }], attributes: { axis: -1, epsilon: { float: 1e-2 }, stash_type: 1 } },
  ],
};

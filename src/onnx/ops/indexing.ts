/** @file Gather, scatter and rotary embedding. */
import { formatShape, sameShape } from "../dims.ts";
import type { Operator } from "../ir.ts";

/** Rows of axis 0 only: that is all the models need, and the gradient of other axes would be slow. */
export const Gather: Operator = {
  infer: ([data, indices], { axis }) => {
    if ((axis ?? 0) !== 0) throw new Error(`is built for axis 0 only, found ${String(axis)}`);
    if (indices!.dtype !== "int64") throw new Error(`indices must be int64, found ${indices!.dtype}`);
    const content = data!.content && indices!.content?.map((at) => data!.content![Number(at)]!);
    return [{ dtype: data!.dtype, shape: [...indices!.shape, ...data!.shape.slice(1)], ...(content && { content }) }];
  },
  examples: [
    { inputs: [{ shape: [4, 3] }, { dtype: "int64", shape: [2], data: [3, 1] }], attributes: { axis: 0 } },
    { inputs: [{ shape: [4, 2] }, { dtype: "int64", shape: [2, 3], data: [0, 1, 1, 3, 3, 3] }], attributes: { axis: 0 } },
  ],
};

export const GatherElements: Operator = {
  infer: ([data, indices]) => {
    if (data!.shape.length !== indices!.shape.length)
      throw new Error(`data and indices must share a rank, found ${formatShape(data!.shape)} and ${formatShape(indices!.shape)}`);
    return [{ dtype: data!.dtype, shape: [...indices!.shape] }];
  },
  examples: [
    { inputs: [{ shape: [3, 4] }, { dtype: "int64", shape: [3, 1], data: [2, 0, 3] }], attributes: { axis: 1 } },
    { inputs: [{ shape: [3, 2] }, { dtype: "int64", shape: [4, 2], data: [0, 2, 1, 1, 0, 2, 2, 2] }], attributes: { axis: 0 } },
  ],
};

/** `reduction: add` is exact with repeated indices here, where ScatterND races on the CPU. */
export const ScatterElements: Operator = {
  infer: ([data, indices, updates]) => {
    if (indices!.shape.join() !== updates!.shape.join())
      throw new Error(`indices ${formatShape(indices!.shape)} and updates ${formatShape(updates!.shape)} must share a shape`);
    return [{ dtype: data!.dtype, shape: [...data!.shape] }];
  },
  examples: [
    { inputs: [{ shape: [3, 4] }, { dtype: "int64", shape: [3, 1], data: [2, 0, 3] }, { shape: [3, 1] }], attributes: { axis: 1 } },
    {
      inputs: [{ shape: [4, 2] }, { dtype: "int64", shape: [3, 2], data: [0, 1, 0, 3, 2, 3] }, { shape: [3, 2] }],
      attributes: { axis: 0, reduction: "add" },
    },
  ],
};

/** Writes whole rows of axis 0: data [n, …], indices [k, 1], updates [k, …]. Without reduction, so repeated indices have no meaning. */
export const ScatterND: Operator = {
  infer: ([data, indices, updates], { reduction }) => {
    if (reduction !== undefined) throw new Error("with a reduction races on the CPU; use ScatterElements");
    const wanted = [indices!.shape[0]!, ...data!.shape.slice(1)];
    if (indices!.shape.length !== 2 || indices!.shape[1] !== 1)
      throw new Error(`indices must be [k, 1], found ${formatShape(indices!.shape)}`);
    if (!sameShape(updates!.shape, wanted)) throw new Error(`updates must be ${formatShape(wanted)}, found ${formatShape(updates!.shape)}`);
    return [{ dtype: data!.dtype, shape: [...data!.shape] }];
  },
  examples: [{ inputs: [{ shape: [4, 3] }, { dtype: "int64", shape: [2, 1], data: [3, 1] }, { shape: [2, 3] }] }],
};

/** Rotates halves ("rotate_half", interleaved 0). x [batch, heads, seq, head_dim], position_ids [batch, seq], caches [max positions, head_dim / 2]. */
export const RotaryEmbedding: Operator = {
  domain: "com.microsoft",
  infer: ([x, positions, cos, sin]) => {
    if (x!.shape.length !== 4) throw new Error(`x must be [batch, heads, seq, head_dim], found ${formatShape(x!.shape)}`);
    if (positions!.shape[0] !== x!.shape[0] || positions!.shape[1] !== x!.shape[2])
      throw new Error(`position_ids must be [${x!.shape[0]}, ${x!.shape[2]}], found ${formatShape(positions!.shape)}`);
    if (cos!.shape[1] !== Number(x!.shape[3]) / 2 || sin!.shape.join() !== cos!.shape.join())
      throw new Error(
        `the caches must be [positions, ${Number(x!.shape[3]) / 2}], found ${formatShape(cos!.shape)} and ${formatShape(sin!.shape)}`,
      );
    return [{ dtype: x!.dtype, shape: [...x!.shape] }];
  },
  examples: [
    {
      inputs: [
        { shape: [2, 2, 3, 4] },
        { dtype: "int64", shape: [2, 3], data: [0, 1, 2, 3, 4, 0] },
        { shape: [5, 2], data: [1, 1, 0.54, 0.9999, -0.42, 0.9998, -0.99, 0.9996, -0.65, 0.9992], constant: true },
        { shape: [5, 2], data: [0, 0, 0.84, 0.01, 0.91, 0.02, 0.14, 0.03, -0.76, 0.04], constant: true },
      ],
    },
  ],
};

/** @file Operators that move or view data without computing: shapes and axes are constants or symbolic sizes. */
import { addDims, broadcastShapes, type Dim, divideDims, formatShape, multiplyDims, sizeOf } from "../dims.ts";
import type { ExampleInput, Operator, Typed } from "../ir.ts";

const ints = (...data: number[]): ExampleInput => ({ dtype: "int64", shape: [data.length], data, constant: true });

function contentOf(value: Typed | undefined, what: string): readonly Dim[] {
  if (!value?.content) throw new Error(`${what} must be known when the graph is built`);
  return value.content;
}

function numbersOf(value: Typed | undefined, what: string): number[] {
  return contentOf(value, what).map((dim) => {
    if (typeof dim !== "number") throw new Error(`${what} must be numbers, found ${dim}`);
    return dim;
  });
}

const axisOf = (axis: number, rank: number): number => {
  const at = axis < 0 ? axis + rank : axis;
  if (!(at >= 0 && at < rank)) throw new Error(`axis ${axis} is outside a tensor of rank ${rank}`);
  return at;
};

export const Reshape: Operator = {
  infer: ([x, target]) => {
    const wanted = contentOf(target, "the shape").map((dim, axis): Dim => {
      if (dim !== 0) return dim;
      const kept = x!.shape[axis];
      if (kept === undefined) throw new Error(`the shape copies axis ${axis} of a tensor of rank ${x!.shape.length}`);
      return kept;
    });
    const total = sizeOf(x!.shape);
    const free = wanted.indexOf(-1);
    if (free >= 0) {
      const rest = divideDims(total, sizeOf(wanted.filter((_, axis) => axis !== free)));
      if (rest === null) throw new Error(`${formatShape(x!.shape)} cannot be viewed as ${formatShape(wanted)}`);
      wanted[free] = rest;
    }
    if (sizeOf(wanted) !== total)
      throw new Error(`${formatShape(x!.shape)} has ${total} elements, ${formatShape(wanted)} has ${sizeOf(wanted)}`);
    return [{ dtype: x!.dtype, shape: wanted }];
  },
  examples: [
    { inputs: [{ shape: [2, 3, 4] }, ints(0, -1)] },
    { inputs: [{ shape: [2, 12] }, ints(2, 3, 4)] },
    { inputs: [{ shape: [6] }, ints(-1, 2)] },
  ],
};

export const Transpose: Operator = {
  infer: ([x], { perm }) => {
    const order = perm as readonly number[];
    if ([...order].sort((a, b) => a - b).some((axis, at) => axis !== at) || order.length !== x!.shape.length)
      throw new Error(`perm ${formatShape(order)} does not permute ${formatShape(x!.shape)}`);
    return [{ dtype: x!.dtype, shape: order.map((axis) => x!.shape[axis]!) }];
  },
  examples: [
    { inputs: [{ shape: [2, 3, 4] }], attributes: { perm: [0, 2, 1] } },
    { inputs: [{ shape: [2, 3, 4, 5] }], attributes: { perm: [2, 0, 3, 1] } },
  ],
};

export const Concat: Operator = {
  infer: (inputs, { axis }) => {
    const first = inputs[0]!;
    const at = axisOf(axis as number, first.shape.length);
    const shape = [...first.shape];
    for (const input of inputs.slice(1)) {
      if (input.dtype !== first.dtype) throw new Error(`inputs must share a type, found ${first.dtype} and ${input.dtype}`);
      if (input.shape.length !== shape.length || input.shape.some((dim, i) => i !== at && dim !== shape[i]))
        throw new Error(`${formatShape(first.shape)} and ${formatShape(input.shape)} differ outside axis ${at}`);
      shape[at] = addDims(shape[at]!, input.shape[at]!);
    }
    const content = inputs.every((input) => input.content) ? inputs.flatMap((input) => [...input.content!]) : undefined;
    return [{ dtype: first.dtype, shape, ...(content && { content }) }];
  },
  examples: [
    { inputs: [{ shape: [2, 3] }, { shape: [2, 1] }], attributes: { axis: 1 } },
    { inputs: [{ shape: [1, 2] }, { shape: [3, 2] }, { shape: [2, 2] }], attributes: { axis: 0 } },
  ],
};

/** Cuts [start, end) of one axis or several; the ends may exceed the axis, as in NumPy, when the axis is a number. */
export const Slice: Operator = {
  infer: ([x, starts, ends, axes, steps]) => {
    if (steps && numbersOf(steps, "steps").some((step) => step !== 1)) throw new Error("is built with step 1 only");
    const shape = [...x!.shape];
    const from = contentOf(starts, "starts");
    const to = contentOf(ends, "ends");
    numbersOf(axes, "axes").forEach((axis, i) => {
      const at = axisOf(axis, shape.length);
      shape[at] = sliceLength(shape[at]!, from[i]!, to[i]!);
    });
    return [{ dtype: x!.dtype, shape }];
  },
  examples: [
    { inputs: [{ shape: [4, 3] }, ints(1), ints(3), ints(0)] },
    { inputs: [{ shape: [2, 5, 4] }, ints(0, 1), ints(3, 9), ints(1, 2)] },
    { inputs: [{ shape: [2, 6] }, ints(-2), ints(9), ints(1)] },
  ],
};

function sliceLength(dim: Dim, start: Dim, end: Dim): Dim {
  if (typeof dim === "number" && typeof start === "number" && typeof end === "number") {
    const clamp = (at: number) => Math.min(Math.max(at < 0 ? at + dim : at, 0), dim);
    return Math.max(clamp(end) - clamp(start), 0);
  }
  // A symbolic length: only cuts whose length does not depend on clamping.
  if (typeof start === "number" && start < 0) return end === Number.MAX_SAFE_INTEGER ? -start : fail(dim, start, end);
  if (end === Number.MAX_SAFE_INTEGER || end === dim) return addDims(dim, multiplyDims(start, -1));
  return typeof end === "number" && end < 0 ? fail(dim, start, end) : addDims(end, multiplyDims(start, -1));
}

function fail(dim: Dim, start: Dim, end: Dim): never {
  throw new Error(`the length of ${dim} cut from ${start} to ${end} is not known when the graph is built`);
}

export const Tile: Operator = {
  infer: ([x, repeats]) => {
    const times = contentOf(repeats, "repeats");
    if (times.length !== x!.shape.length)
      throw new Error(`repeats ${formatShape(times)} must have one entry per axis of ${formatShape(x!.shape)}`);
    return [{ dtype: x!.dtype, shape: x!.shape.map((dim, axis) => multiplyDims(dim, times[axis]!)) }];
  },
  examples: [{ inputs: [{ shape: [2, 3] }, ints(2, 1)] }, { inputs: [{ shape: [1, 2, 2] }, ints(1, 3, 2)] }],
};

export const Expand: Operator = {
  infer: ([x, target]) => [{ dtype: x!.dtype, shape: broadcastShapes(x!.shape, contentOf(target, "the shape")) }],
  examples: [{ inputs: [{ shape: [3, 1] }, ints(2, 3, 4)] }, { inputs: [{ shape: [] }, ints(2, 2)] }],
};

export const Shape: Operator = {
  infer: ([x], { start, end }) => {
    const content = x!.shape.slice((start as number | undefined) ?? 0, (end as number | undefined) ?? x!.shape.length);
    return [{ dtype: "int64", shape: [content.length], content }];
  },
  examples: [{ inputs: [{ shape: [2, 3, 4] }] }, { inputs: [{ shape: [2, 3, 4] }], attributes: { start: 1, end: 2 } }],
};

export const Unsqueeze: Operator = {
  infer: ([x, axes]) => {
    const added = numbersOf(axes, "axes");
    const rank = x!.shape.length + added.length;
    const at = new Set(added.map((axis) => axisOf(axis, rank)));
    const rest = [...x!.shape];
    return [{ dtype: x!.dtype, shape: Array.from({ length: rank }, (_, axis) => (at.has(axis) ? 1 : rest.shift()!)) }];
  },
  examples: [{ inputs: [{ shape: [2, 3] }, ints(1)] }, { inputs: [{ shape: [2] }, ints(0, -1)] }],
};

export const Squeeze: Operator = {
  infer: ([x, axes]) => {
    const at = new Set(numbersOf(axes, "axes").map((axis) => axisOf(axis, x!.shape.length)));
    for (const axis of at) if (x!.shape[axis] !== 1) throw new Error(`axis ${axis} of ${formatShape(x!.shape)} is not 1`);
    return [{ dtype: x!.dtype, shape: x!.shape.filter((_, axis) => !at.has(axis)) }];
  },
  examples: [{ inputs: [{ shape: [2, 1, 3] }, ints(1)] }, { inputs: [{ shape: [1] }, ints(0)] }],
};

/** [start, limit) with step 1, as scalars; the length must be known as `limit`'s content with start 0. */
export const Range: Operator = {
  infer: ([start, limit, delta]) => {
    const [from, to, step] = [start, limit, delta].map((value) => value!.content?.[0]);
    if (from !== 0 || step !== 1 || to === undefined) throw new Error("is built from 0 with step 1 up to a known size only");
    return [{ dtype: start!.dtype, shape: [to] }];
  },
  examples: [
    {
      inputs: [
        { dtype: "int64", shape: [], data: [0], constant: true },
        { dtype: "int64", shape: [], data: [5], constant: true },
        { dtype: "int64", shape: [], data: [1], constant: true },
      ],
    },
  ],
};

/** @file Gradients of operators that move data. */
import { addDims, type Dim } from "../../onnx/dims.ts";
import type { GraphBuilder } from "../../onnx/builder.ts";
import type { Value } from "../../onnx/ir.ts";
import { reduceTo } from "../broadcast.ts";
import { noGradient, rule } from "../rule.ts";

export const Reshape = rule((dy, { graph, inputs: [x] }) => [graph.reshape(dy, x!.shape), null]);
export const Unsqueeze = Reshape;
export const Squeeze = Reshape;

export const Transpose = rule((dy, { graph, node }) => {
  const perm = node.attributes["perm"] as readonly number[];
  return [
    graph.transpose(
      dy,
      perm.map((_, axis) => perm.indexOf(axis)),
    ),
  ];
});

const cut = (graph: GraphBuilder, x: Value, { axis, start, end }: { axis: number; start: Dim; end: Dim }): Value =>
  graph.op("Slice", [x, graph.sizes([start]), graph.sizes([end]), graph.ints(axis)]);

export const Concat = rule((dy, { graph, node, inputs, needed }) => {
  const axis = (node.attributes["axis"] as number) + ((node.attributes["axis"] as number) < 0 ? dy.shape.length : 0);
  let end: Dim = 0;
  return inputs.map((input, at) => {
    const start = end;
    end = addDims(start, input.shape[axis]!);
    return needed[at] ? cut(graph, dy, { axis, start, end }) : null;
  });
});

// The places outside the slice get zeros, axis by axis.
export const Slice = rule((dy, { graph, inputs: [x, starts, , axes] }) => {
  let padded = dy;
  axes!.content!.forEach((named, i) => {
    const axis = Number(named) < 0 ? Number(named) + x!.shape.length : Number(named);
    const [dim, first] = [x!.shape[axis]!, starts!.content![i]!];
    if (typeof dim !== "number" || typeof first !== "number") throw new Error("the gradient of a slice needs an axis of known size");
    const start = Math.min(first < 0 ? first + dim : first, dim);
    const zeros = (size: number) =>
      graph.full(
        padded.shape.map((other, at) => (at === axis ? size : other)),
        0,
      );
    const after = dim - start - Number(padded.shape[axis]);
    padded = graph.op("Concat", [...(start > 0 ? [zeros(start)] : []), padded, ...(after > 0 ? [zeros(after)] : [])], { axis });
  });
  return [padded, null, null, null];
});

// [r·d] is viewed as [r, d] on every axis and summed over the repeats.
export const Tile = rule((dy, { graph, inputs: [x, repeats] }) => {
  const split = graph.reshape(
    dy,
    x!.shape.flatMap((dim, axis) => [repeats!.content![axis]!, dim]),
  );
  const sum = graph.reduceSum(
    split,
    x!.shape.map((_, axis) => 2 * axis),
    { keepdims: false },
  );
  return [sum, null];
});

export const Expand = rule((dy, { graph, inputs: [x] }) => [reduceTo(graph, dy, x!.shape), null]);

export const Shape = noGradient;
export const Range = noGradient;

/** @file Undoing broadcasting. */
import type { GraphBuilder } from "../onnx/builder.ts";
import { sameShape, type Shape } from "../onnx/dims.ts";
import type { Value } from "../onnx/ir.ts";

/** Sums over the axes that broadcasting added or stretched. */
export function reduceTo(graph: GraphBuilder, gradient: Value, shape: Shape): Value {
  if (sameShape(gradient.shape, shape)) return gradient;
  const extra = gradient.shape.length - shape.length;
  const axes = gradient.shape.flatMap((dim, axis) => (axis < extra || (shape[axis - extra] === 1 && dim !== 1) ? [axis] : []));
  return graph.reshape(axes.length === 0 ? gradient : graph.reduceSum(gradient, axes, { keepdims: false }), shape);
}

/** @file How gradient rules are written. */
import type { Value } from "../onnx/ir.ts";
import type { Backward, GradientRule } from "../onnx/custom.ts";

export type { Backward, GradientRule };

/** For operators that no gradient passes: comparisons, shapes, indices. */
export const noGradient = Symbol("no gradient");

/** A rule for the first output alone. */
export function rule(gradient: (dy: Value, backward: Backward) => (Value | null)[]): GradientRule {
  return (backward) => gradient(backward.gradients[0]!, backward);
}

/** @file Reading the axes of a reduction. */
import type { Typed } from "./ir.ts";

/** The axes a reduction names, as non-negative numbers; all of them where none are given. */
export function reducedAxes(x: Typed, axes: Typed | null | undefined): number[] {
  if (!axes) return x.shape.map((_, axis) => axis);
  if (!axes.content) throw new Error("axes must be a constant");
  return axes.content.map((axis) => {
    const at = Number(axis) < 0 ? Number(axis) + x.shape.length : Number(axis);
    if (!(at >= 0 && at < x.shape.length)) throw new Error(`axis ${axis} is outside a tensor of rank ${x.shape.length}`);
    return at;
  });
}

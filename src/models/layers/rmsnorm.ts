/** @file RMSNorm (arXiv 1910.07467). */
import type { Value } from "../../onnx/ir.ts";
import type { Parameters } from "../parameters.ts";

/** x [.., size] → x / √(mean x² + eps) · weight */
export function rmsNorm(parameters: Parameters, name: string, x: Value, { size, eps }: { size: number; eps: number }): Value {
  const { graph } = parameters;
  const weight = parameters.weight(`${name}.weight`, [size]);
  // The second output, 1/rms, is what the gradient needs.
  const attributes = { axis: -1, epsilon: { float: eps }, stash_type: 1 };
  return graph.scope(
    name.slice(name.lastIndexOf(".") + 1),
    () => graph.ops("SimplifiedLayerNormalization", [x, weight], { attributes, count: 2 })[0]!,
  );
}

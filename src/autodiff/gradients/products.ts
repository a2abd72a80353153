/** @file Gradients of the matrix products. */
import { sizeOf } from "../../onnx/dims.ts";
import type { Value } from "../../onnx/ir.ts";
import { type Backward, rule } from "../rule.ts";

interface Product {
  transA: boolean;
  transB: boolean;
  alpha: number;
}

// y = α·op(A)·op(B); each case is the textbook one with the transposes folded into the product.
function productGradient(dy: Value, { graph, inputs: [a, b], needed }: Backward, { transA, transB, alpha }: Product): (Value | null)[] {
  // A product that was exact has exact gradients; others have factors of a narrower type.
  const exact = a!.dtype === "float32";
  const da = () =>
    transA ? graph.matmul(b!, dy, { transA: transB, transB: true, alpha, exact }) : graph.matmul(dy, b!, { transB: !transB, alpha, exact });
  const db = () => {
    // A matrix shared by a whole batch: one tall product instead of a batch of products that are summed afterwards.
    const shared = b!.shape.length === 2 && a!.shape.length > 2 && !transA;
    const rows = (x: Value) => (shared ? graph.reshape(x, [sizeOf(x.shape.slice(0, -1)), x.shape.at(-1)!]) : x);
    const [left, right] = [rows(a!), rows(dy)];
    return transB
      ? graph.matmul(right, left, { transA: true, transB: transA, alpha, exact })
      : graph.matmul(left, right, { transA: !transA, alpha, exact });
  };
  return [needed[0] ? da() : null, needed[1] ? db() : null];
}

export const MatMul = rule((dy, backward) => productGradient(dy, backward, { transA: false, transB: false, alpha: 1 }));

export const FusedMatMul = rule((dy, backward) => {
  const { transA, transB, alpha } = backward.node.attributes;
  return productGradient(dy, backward, {
    transA: transA === 1,
    transB: transB === 1,
    alpha: (alpha as { float: number } | undefined)?.float ?? 1,
  });
});

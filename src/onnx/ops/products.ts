/** @file Matrix products. */
import { broadcastShapes, type Dim, type Shape } from "../dims.ts";
import type { Operator } from "../ir.ts";

function productShape(a: Shape, b: Shape, transA: boolean, transB: boolean): Dim[] {
  if (a.length < 2 || b.length < 2) throw new Error(`needs matrices, found ranks ${a.length} and ${b.length}`);
  const [m, k] = transA ? [a.at(-1)!, a.at(-2)!] : [a.at(-2)!, a.at(-1)!];
  const [inner, n] = transB ? [b.at(-1)!, b.at(-2)!] : [b.at(-2)!, b.at(-1)!];
  if (k !== inner) throw new Error(`inner dimensions differ: ${k} against ${inner}`);
  return [...broadcastShapes(a.slice(0, -2), b.slice(0, -2)), m, n];
}

export const MatMul: Operator = {
  infer: ([a, b]) => [{ dtype: a!.dtype, shape: productShape(a!.shape, b!.shape, false, false) }],
  examples: [
    { inputs: [{ shape: [2, 3] }, { shape: [3, 4] }] },
    { inputs: [{ shape: [2, 3, 4] }, { shape: [4, 5] }] },
    { inputs: [{ shape: [2, 3, 4] }, { shape: [2, 4, 5] }] },
    { inputs: [{ shape: [2, 1, 3, 4] }, { shape: [3, 4, 2] }] },
  ],
};

/** alpha * op(A) · op(B), where op transposes the last two axes if transA or transB says so. ONNX Runtime's own operator. */
export const FusedMatMul: Operator = {
  domain: "com.microsoft",
  infer: ([a, b], { transA, transB }) => [{ dtype: a!.dtype, shape: productShape(a!.shape, b!.shape, transA === 1, transB === 1) }],
  examples: [
    { inputs: [{ shape: [2, 3] }, { shape: [4, 3] }], attributes: { transB: 1 } },
    { inputs: [{ shape: [3, 2] }, { shape: [3, 4] }], attributes: { transA: 1, alpha: { float: 0.5 } } },
    { inputs: [{ shape: [3, 2] }, { shape: [4, 3] }], attributes: { transA: 1, transB: 1, alpha: { float: 2 } } },
    { inputs: [{ shape: [2, 3, 4] }, { shape: [5, 4] }], attributes: { transB: 1 } },
    { inputs: [{ shape: [2, 2, 3, 4] }, { shape: [2, 2, 5, 4] }], attributes: { transB: 1, alpha: { float: 0.25 } } },
    { inputs: [{ shape: [2, 4, 3] }, { shape: [2, 4, 5] }], attributes: { transA: 1 } },
    { inputs: [{ shape: [2, 3, 4] }, { shape: [4, 5] }] },
  ],
};

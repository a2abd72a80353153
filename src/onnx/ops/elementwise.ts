/** @file Elementwise operators, with broadcasting. */
import { broadcastShapes, type Dim } from "../dims.ts";
import { type DType, ONNX_TYPES, type Operator, type Typed } from "../ir.ts";

function sameType(inputs: readonly Typed[]): DType {
  const dtype = inputs[0]!.dtype;
  const other = inputs.find((input) => input.dtype !== dtype);
  if (other) throw new Error(`inputs must share a type, found ${dtype} and ${other.dtype}`);
  return dtype;
}

const shapesOf = (inputs: readonly Typed[]): Dim[] => broadcastShapes(...inputs.map((input) => input.shape));

const arithmetic = (range: readonly [number, number] = [-1, 1]): Operator => ({
  infer: (inputs) => [{ dtype: sameType(inputs), shape: shapesOf(inputs) }],
  examples: [
    { inputs: [{ shape: [2, 3] }, { shape: [2, 3], range }] },
    { inputs: [{ shape: [2, 3, 4] }, { shape: [4], range }] },
    { inputs: [{ shape: [3, 1] }, { shape: [2, 1, 4], range }] },
    { inputs: [{ shape: [] }, { shape: [2, 2], range }] },
  ],
});

export const Add = arithmetic();
export const Sub = arithmetic();
export const Mul = arithmetic();
export const Div = arithmetic([0.5, 2]);

const unary = (range: readonly [number, number] = [-1, 1]): Operator => ({
  infer: ([x]) => [{ dtype: x!.dtype, shape: [...x!.shape] }],
  examples: [{ inputs: [{ shape: [2, 3, 4], range }] }, { inputs: [{ shape: [], range }] }],
});

export const Neg = unary();
export const Exp = unary();
export const Sigmoid = unary([-4, 4]);
export const Tanh = unary([-2, 2]);
export const Sqrt = unary([0.5, 2]);
export const Log = unary([0.5, 2]);
export const Reciprocal = unary([0.5, 2]);
export const Identity = unary();

/** x * sigmoid(alpha * x); alpha 1 is SiLU. ONNX Runtime's fused kernel. */
export const QuickGelu: Operator = {
  domain: "com.microsoft",
  infer: ([x]) => [{ dtype: x!.dtype, shape: [...x!.shape] }],
  examples: [{ inputs: [{ shape: [3, 4], range: [-4, 4] }], attributes: { alpha: { float: 1 } } }],
};

export const Cast: Operator = {
  infer: ([x], { to }) => {
    const dtype = castTargets.get(to as number);
    if (!dtype) throw new Error(`cannot cast to the ONNX type ${String(to)}`);
    return [{ dtype, shape: [...x!.shape], ...(x!.content && { content: [...x!.content] }) }];
  },
  examples: [
    { inputs: [{ shape: [2, 3] }], attributes: { to: 1 } },
    { inputs: [{ shape: [2], dtype: "int64", data: [1, 2] }], attributes: { to: 1 } },
  ],
};

const castTargets = new Map(Object.entries(ONNX_TYPES).map(([dtype, code]) => [code, dtype as DType]));

const comparison: Operator = {
  infer: (inputs) => (sameType(inputs), [{ dtype: "bool", shape: shapesOf(inputs) }]),
  examples: [{ inputs: [{ shape: [2, 3] }, { shape: [3] }] }],
};
export const Less = comparison;
export const LessOrEqual = comparison;
export const Greater = comparison;
export const GreaterOrEqual = comparison;
export const Equal = comparison;

const logical: Operator = {
  infer: (inputs) => {
    if (sameType(inputs) !== "bool") throw new Error(`needs bool inputs, found ${inputs[0]!.dtype}`);
    return [{ dtype: "bool", shape: shapesOf(inputs) }];
  },
  examples: [
    {
      inputs: [
        { shape: [2, 2], dtype: "bool", data: [1, 0, 0, 1] },
        { shape: [2], dtype: "bool", data: [1, 0] },
      ],
    },
  ],
};
export const And = logical;
export const Or = logical;

export const Not: Operator = {
  infer: ([x]) => {
    if (x!.dtype !== "bool") throw new Error(`needs a bool input, found ${x!.dtype}`);
    return [{ dtype: "bool", shape: [...x!.shape] }];
  },
  examples: [{ inputs: [{ shape: [2], dtype: "bool", data: [1, 0] }] }],
};

export const Where: Operator = {
  infer: ([condition, a, b]) => {
    if (condition!.dtype !== "bool") throw new Error(`the condition must be bool, found ${condition!.dtype}`);
    return [{ dtype: sameType([a!, b!]), shape: shapesOf([condition!, a!, b!]) }];
  },
  examples: [
    { inputs: [{ shape: [2, 1], dtype: "bool", data: [1, 0] }, { shape: [2, 3] }, { shape: [3] }] },
    { inputs: [{ shape: [2, 2], dtype: "bool", data: [1, 0, 0, 1] }, { shape: [2, 2] }, { shape: [] }] },
  ],
};

/** @file The graph's parts: values, nodes, attributes, and what an operator must declare. */
import type { Dim, Shape } from "./dims.ts";

export type DType = "float32" | "float16" | "bfloat16" | "int64" | "int32" | "bool";
export type FloatType = "float32" | "float16" | "bfloat16";
/** ONNX TensorProto.DataType numbers of the types the builder knows. */
export const ONNX_TYPES: Readonly<Record<DType, number>> = { float32: 1, int32: 6, int64: 7, bool: 9, float16: 10, bfloat16: 16 };

export type Attribute = number | string | readonly number[];
/** `{ float: 1 }` marks a number that ONNX stores as float although it is whole. */
export type Attributes = Readonly<Record<string, Attribute | { readonly float: number } | undefined>>;

export interface Value {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
  /** The node that makes it; null for graph inputs, constants and weights. */
  readonly producer: Node | null;
  /** For 1-D int64 values that hold sizes or axes: what they hold, as far as it is known when the graph is built. */
  readonly content?: readonly Dim[];
}

export interface Node {
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly (Value | null)[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
  /** The layer that asked for it, such as `layers.0.self_attn`. */
  readonly scope: string;
  /** Cheap to repeat (the cast of a frozen weight): backward makes its own copy instead of keeping the output alive. */
  readonly rematerialize: boolean;
}

/** What the inference of an operator sees of its inputs. */
export type Typed = Pick<Value, "dtype" | "shape" | "content">;

export interface OutputType {
  dtype: DType;
  shape: Dim[];
  content?: Dim[];
}

export interface ExampleInput {
  dtype?: DType;
  shape: number[];
  /** Given for indices and shapes; float data is drawn at random where it is absent. */
  data?: number[];
  /** Draw from (low, high) instead of (-1, 1): logarithms and square roots need positive numbers. */
  range?: readonly [number, number];
  /** An initializer rather than a fed input: shapes, axes. */
  constant?: boolean;
}

/** One call of an operator, small enough to compare with ONNX Runtime and with central differences. */
export interface Example {
  inputs: (ExampleInput | null)[];
  attributes?: Attributes;
}

export interface Operator {
  /** "" is ai.onnx. */
  domain?: string;
  /** Types and shapes of the outputs. Throws a plain Error that says what does not fit; the builder adds the layer. */
  infer(inputs: readonly Typed[], attributes: Attributes, count: number): OutputType[];
  examples: Example[];
}

/** @file The graph builder: one call per ONNX node, its type and shape inferred at once, its layer named in every error. */
import { addDims, type Dim, divideDims, formatShape, multiplyDims, type Shape, sizeOf } from "./dims.ts";
import { type Attributes, type DType, type FloatType, type Node, ONNX_TYPES, type OutputType, type Value } from "./ir.ts";
import * as operators from "./ops/index.ts";

export type OpName = keyof typeof operators;

/** A tensor stored in a file, mapped by ONNX Runtime at this place. */
export interface ExternalData {
  file: string;
  offset: number;
  length: number;
}

export interface Initializer {
  value: Value;
  data: Float32Array | BigInt64Array | Int32Array | Uint8Array | ExternalData;
}

export class GraphBuilder {
  readonly nodes: Node[] = [];
  readonly inputs: Value[] = [];
  readonly initializers: Initializer[] = [];
  readonly outputs: { name: string; value: Value }[] = [];
  /** Whether backward computes checkpointed stretches again (checkpoint.ts). */
  readonly recompute: boolean;
  /** The type matrix products are computed in; everything else, and every result, is float32. */
  readonly products: FloatType;
  /** Where the backward pass begins in `nodes`, once there is one. */
  backwardFrom = Infinity;
  #scope: string[] = [];
  #constants = new Map<string, Value>();
  #counter = 0;
  /** Values and their casts to `products`, of the forward pass or of the backward pass. */
  #halves = new Map<Value, Value>();

  constructor({ recompute = false, products = "float32" }: { recompute?: boolean; products?: FloatType } = {}) {
    this.recompute = recompute;
    this.products = products;
  }

  /** Says that the nodes to come are the backward pass: they cast for themselves, so that no cast lives from one pass to the other. */
  beginBackward(): void {
    this.backwardFrom = this.nodes.length;
    this.#halves.clear();
  }

  /** Runs `body` with the layer's name added to the scope of every node it makes. */
  scope<T>(name: string, body: () => T): T {
    this.#scope.push(name);
    try {
      return body();
    } finally {
      this.#scope.pop();
    }
  }

  input(name: string, dtype: DType, shape: Shape): Value {
    const value: Value = { name, dtype, shape, producer: null };
    this.inputs.push(value);
    return value;
  }

  /** Asks for a value under a name. No node is made for it where the value can simply take the name: gradients must stay leaves. */
  output(name: string, value: Value): void {
    this.outputs.push({ name, value });
  }

  /** A weight that stays in its file. */
  external({ name, dtype, shape, data }: { name: string; dtype: DType; shape: Shape; data: ExternalData }): Value {
    const value: Value = { name, dtype, shape, producer: null };
    this.initializers.push({ value, data });
    return value;
  }

  /** float32 constant; equal constants are stored once. */
  floats(data: readonly number[] | Float32Array, shape: Shape): Value {
    const array = Float32Array.from(data);
    return this.#constant("float32", shape, array, `f${array.length > 64 ? this.#counter++ : array.join()}`);
  }

  scalar(x: number): Value {
    return this.floats([x], []);
  }

  /** 1-D int64 constant: shapes, axes, bounds. */
  ints(...data: number[]): Value {
    return { ...this.#constant("int64", [data.length], BigInt64Array.from(data, BigInt), `i${data.join()}`), content: data };
  }

  intScalar(x: number): Value {
    return { ...this.#constant("int64", [], BigInt64Array.of(BigInt(x)), `i${x}`), content: [x] };
  }

  int32(x: number): Value {
    return this.#constant("int32", [], Int32Array.of(x), `n${x}`);
  }

  /** One node with one output. */
  op(op: OpName, inputs: (Value | null)[], attributes: Attributes = {}): Value {
    return this.ops(op, inputs, { attributes, count: 1 })[0]!;
  }

  /** One node with several outputs. */
  ops(
    op: OpName,
    inputs: (Value | null)[],
    { attributes = {}, count, rematerialize = false }: { attributes?: Attributes; count: number; rematerialize?: boolean },
  ): Value[] {
    const operator = operators[op];
    const scope = this.#scope.join(".");
    let types: OutputType[];
    try {
      types = operator.infer(inputs as Value[], attributes, count);
    } catch (error) {
      const shapes = inputs.map((input) => (input ? `${input.dtype}${formatShape(input.shape)}` : "-")).join(", ");
      throw new Error(`${scope || "graph"}: ${op}(${shapes}): ${(error as Error).message}`, { cause: error });
    }
    const outputs: Value[] = [];
    const node: Node = { op, domain: operator.domain ?? "", inputs, outputs, attributes, scope, rematerialize };
    for (const type of types.slice(0, count)) outputs.push({ name: `${op}_${this.#counter++}`, producer: node, ...type });
    this.nodes.push(node);
    return outputs;
  }

  cast(x: Value, to: DType, { rematerialize = false } = {}): Value {
    return x.dtype === to ? x : this.ops("Cast", [x], { attributes: { to: ONNX_TYPES[to] }, count: 1, rematerialize })[0]!;
  }

  /** alpha · op(a) · op(b) as float32, computed in `products` unless it must be exact; plain MatMul where nothing is asked for. */
  matmul(a: Value, b: Value, { transA = false, transB = false, alpha = 1, exact = false } = {}): Value {
    const factors = exact || this.products === "float32" ? [a, b] : [this.#half(a), this.#half(b)];
    const plain = !transA && !transB && alpha === 1;
    const attributes = { transA: Number(transA), transB: Number(transB), alpha: { float: alpha } };
    return this.cast(plain ? this.op("MatMul", factors) : this.op("FusedMatMul", factors, attributes), "float32");
  }

  /** x in the type of products; a weight that is stored in it is read as it is. */
  #half(x: Value): Value {
    if (x.dtype === this.products) return x;
    // Weights are cast for each use, as everywhere: a cast that is shared would live as long as the step.
    const weight = x.producer?.rematerialize ? x.producer.inputs[0]! : x.producer ? null : x;
    if (weight) return this.cast(weight, this.products, { rematerialize: true });
    const half = this.#halves.get(x) ?? this.cast(x, this.products);
    this.#halves.set(x, half);
    return half;
  }

  transpose(x: Value, perm: number[]): Value {
    return this.op("Transpose", [x], { perm });
  }

  /** Views x as `shape`; symbolic sizes may stand anywhere. */
  reshape(x: Value, shape: Shape): Value {
    if (shape.length === x.shape.length && shape.every((dim, axis) => dim === x.shape[axis])) return x;
    return this.op("Reshape", [x, this.#reshapeTarget(x, shape)]);
  }

  /** 1-D int64 tensor of sizes, computed at run time where they are symbolic. */
  sizes(shape: Shape): Value {
    if (shape.every((dim) => typeof dim === "number")) return this.ints(...(shape as number[]));
    const parts = shape.map((dim) => (typeof dim === "number" ? this.ints(dim) : this.#runtimeSize(dim)));
    return parts.length === 1 ? parts[0]! : this.op("Concat", parts, { axis: 0 });
  }

  /** The number x in every place of `shape`. */
  full(shape: Shape, x: number): Value {
    return this.op("Expand", [this.scalar(x), this.sizes(shape)]);
  }

  /** x[start:end] along one axis. */
  slice(x: Value, { axis, start, end }: { axis: number; start: number; end: number }): Value {
    return this.op("Slice", [x, this.ints(start), this.ints(end), this.ints(axis)]);
  }

  reduceSum(x: Value, axes: number[], { keepdims = true } = {}): Value {
    return this.op("ReduceSum", [x, this.ints(...axes)], { keepdims: Number(keepdims) });
  }

  /** 0, 1, … size-1 as int64. */
  range(size: Dim): Value {
    const limit =
      typeof size === "number" ? this.intScalar(size) : { ...this.op("Squeeze", [this.#runtimeSize(size), this.ints(0)]), content: [size] };
    return this.op("Range", [this.intScalar(0), limit, this.intScalar(1)]);
  }

  #constant(dtype: DType, shape: Shape, data: Float32Array | BigInt64Array | Int32Array, key: string): Value {
    const full = `${key}:${shape.join()}`;
    let value = this.#constants.get(full);
    if (!value) {
      value = { name: `const_${this.#counter++}`, dtype, shape, producer: null };
      this.#constants.set(full, value);
      this.initializers.push({ value, data });
    }
    return value;
  }

  /** A Reshape target of numbers, 0 (copy) and -1 where that says it, else sizes computed at run time. */
  #reshapeTarget(x: Value, shape: Shape): Value {
    const target: number[] = [];
    let free = false;
    for (const [axis, dim] of shape.entries()) {
      if (typeof dim === "number") target.push(dim);
      else if (dim === x.shape[axis]) target.push(0);
      else if (!free && divideDims(sizeOf(x.shape), sizeOf(shape.filter((_, at) => at !== axis))) === dim) {
        free = true;
        target.push(-1);
      } else return this.sizes(shape);
    }
    return this.ints(...target);
  }

  /** int64 [1] holding a symbolic size: read from a graph input that has it, or multiplied together from such. */
  #runtimeSize(dim: Dim): Value {
    for (const input of this.inputs) {
      const axis = input.shape.indexOf(dim);
      if (axis >= 0) return this.op("Shape", [input], { start: axis, end: axis + 1 });
    }
    const terms = String(dim).split("+");
    const [operator, parts] = terms.length > 1 ? (["Add", terms] as const) : (["Mul", String(dim).split("*")] as const);
    if (parts.length === 1) throw new Error(`${this.#scope.join(".")}: no graph input has the size ${dim}`);
    const combine = operator === "Add" ? addDims : multiplyDims;
    const toDim = (part: string): Dim => (/^-?\d+$/.test(part) ? Number(part) : part);
    return parts.map(toDim).reduce<Value | null>((sum, part) => {
      const value = typeof part === "number" ? this.ints(part) : this.#runtimeSize(part);
      return sum ? { ...this.op(operator, [sum, value]), content: [combine(sum.content![0]!, part)] } : value;
    }, null)!;
  }
}

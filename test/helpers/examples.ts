/** @file Builds an operator's example as a graph and draws its inputs. */
import type { GraphBuilder, OpName } from "../../src/onnx/builder.ts";
import type { Dim } from "../../src/onnx/dims.ts";
import type { DType, Example, ExampleInput, Value } from "../../src/onnx/ir.ts";
import type { Feeds, Tensor } from "../../src/onnx/session.ts";
import { Rng } from "../../src/util/rng.ts";

export interface BuiltExample {
  inputs: (Value | null)[];
  feeds: Feeds;
}

/** `rename` may replace a size by a symbol; feeds keep the numbers. */
export function buildExample(graph: GraphBuilder, example: Example, rename: (dim: number) => Dim = (dim) => dim): BuiltExample {
  const rng = new Rng("example");
  const feeds: Record<string, Tensor> = {};
  const inputs = example.inputs.map((input, index) => {
    if (!input) return null;
    if (input.constant) return constantOf(graph, input);
    const name = `x${index}`;
    feeds[name] = drawTensor(rng, input);
    return graph.input(name, input.dtype ?? "float32", input.shape.map(rename));
  });
  return { inputs, feeds };
}

export function constantOf(graph: GraphBuilder, { dtype = "float32", shape, data }: ExampleInput): Value {
  if (dtype === "float32") return graph.floats(data!, shape);
  return shape.length === 0 ? graph.intScalar(data![0]!) : graph.ints(...data!);
}

export function drawTensor(rng: Rng, { dtype = "float32", shape, data, range = [-1, 1] }: ExampleInput): Tensor {
  const size = shape.reduce((product, dim) => product * dim, 1);
  const drawn = data ?? Array.from({ length: size }, () => range[0] + (range[1] - range[0]) * rng.uniform());
  return { shape, data: typedArray(dtype, drawn) };
}

function typedArray(dtype: DType, data: number[]): Tensor["data"] {
  if (dtype === "int64") return BigInt64Array.from(data, BigInt);
  if (dtype === "bool") return Uint8Array.from(data);
  return Float32Array.from(data);
}

export const attributesOf = (example: Example) => example.attributes ?? {};
export const opNames = (operators: object): OpName[] => Object.keys(operators) as OpName[];
export const CPU = { device: "cpu", threads: 1, optimize: false } as const;

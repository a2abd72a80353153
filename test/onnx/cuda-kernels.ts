/**
 * @file The kernels of ONNX Runtime's CUDA provider for the operators built here, by the type of their data. From docs/OperatorKernels.md of
 * microsoft/onnxruntime (commit 001d12d2, opset 20 and com.microsoft 1); the 1.30.0 provider itself, loaded over stub CUDA libraries, placed twelve training steps (llama, qwen3) so, all
 * but the int64 shape arithmetic (Concat, Mul, Squeeze of sizes), which it leaves to the CPU on purpose.
 */
import type { DType } from "../../src/onnx/ir.ts";

const half: DType[] = ["float32", "float16"];
const floats: DType[] = [...half, "bfloat16"];
const numbers: DType[] = [...floats, "int64", "int32"];
const compared: DType[] = [...half, "int64", "int32"];
const all: DType[] = [...numbers, "bool"];

const of = (types: DType[], names: string): [string, DType[]][] => names.split(" ").map((name) => [name, types]);

/** operator → types of its data. bfloat16 is missing from logarithms, comparisons and most reductions. */
export const CUDA_KERNELS: ReadonlyMap<string, readonly DType[]> = new Map([
  ...of(numbers, "Add Sub Mul Div Neg Where Tile"),
  ...of(floats, "Exp Sigmoid Tanh Sqrt Softmax MatMul FusedMatMul QuickGelu SimplifiedLayerNormalization RotaryEmbedding"),
  ...of(half, "Log LogSoftmax Reciprocal ArgMax"),
  ...of(compared, "Less LessOrEqual Greater GreaterOrEqual ReduceMax TopK"),
  ...of(["float32", "float16", "int32"], "ReduceMean"),
  ...of(numbers, "ReduceSum"),
  ...of(["bool"], "And Or Not"),
  ...of([...compared, "bool"], "Equal"),
  ...of(["float32", "int64", "int32"], "Range"),
  ...of(all, "Cast Gather GatherElements ScatterElements ScatterND Transpose Concat Slice Reshape Expand Unsqueeze Squeeze Shape Identity"),
]);

/** Inputs that hold data, where not all of them do: the others are indices, axes, shapes and conditions. */
export const DATA_INPUTS: Readonly<Record<string, readonly number[]>> = {
  Where: [1, 2],
  ...Object.fromEntries(
    "Gather GatherElements Reshape Expand Unsqueeze Squeeze Slice Tile ReduceSum ReduceMean ReduceMax TopK"
      .split(" ")
      .map((op) => [op, [0]]),
  ),
  ScatterElements: [0, 2],
  ScatterND: [0, 2],
  RotaryEmbedding: [0, 2, 3],
};

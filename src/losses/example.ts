/** @file What a loss file gives for its gradient check. */
import type { GraphBuilder } from "../onnx/builder.ts";
import type { ExampleInput, Value } from "../onnx/ir.ts";

/** A call small enough for central differences; every float32 input that is not constant is moved. */
export interface LossExample {
  inputs: Readonly<Record<string, ExampleInput>>;
  /** The loss, a scalar. */
  build(graph: GraphBuilder, inputs: Readonly<Record<string, Value>>): Value;
}

/** @file The gated feed-forward layer (SwiGLU, arXiv 2002.05202). */
import type { Value } from "../../onnx/ir.ts";
import type { Parameters } from "../parameters.ts";
import { gated } from "./gated.ts";
import { linear } from "./linear.ts";

/** down(silu(gate(x)) · up(x)) */
export function gatedMlp(
  parameters: Parameters,
  name: string,
  x: Value,
  { hidden_size, intermediate_size, mlp_bias }: { hidden_size: number; intermediate_size: number; mlp_bias: boolean },
): Value {
  const widen = { inputs: hidden_size, outputs: intermediate_size, bias: mlp_bias };
  const gate = linear(parameters, `${name}.gate_proj`, x, widen);
  const up = linear(parameters, `${name}.up_proj`, x, widen);
  return linear(parameters, `${name}.down_proj`, gated(parameters.graph, gate, up), {
    inputs: intermediate_size,
    outputs: hidden_size,
    bias: mlp_bias,
  });
}

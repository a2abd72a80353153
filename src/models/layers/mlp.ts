/** @file The gated feed-forward layer (SwiGLU, arXiv 2002.05202). */
import type { GraphBuilder } from "../../onnx/builder.ts";
import { customGradient } from "../../onnx/custom.ts";
import type { Value } from "../../onnx/ir.ts";
import type { Parameters } from "../parameters.ts";
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

/** silu(g)·u. Backward keeps g and u alone: with s = σ(g) and t = dy·s, du = t·g and dg = u·(t + du·(1 − s)). */
function gated(graph: GraphBuilder, gate: Value, up: Value): Value {
  return customGradient(graph, {
    name: "gated",
    inputs: [gate, up],
    forward: () => [graph.op("Mul", [graph.op("QuickGelu", [gate], { alpha: { float: 1 } }), up])],
    gradient: ({ inputs: [g, u], gradients: [dy] }) => {
      const s = graph.op("Sigmoid", [g!]);
      const t = graph.op("Mul", [dy!, s]);
      const du = graph.op("Mul", [t, g!]);
      const dg = graph.op("Mul", [u!, graph.op("Add", [t, graph.op("Sub", [du, graph.op("Mul", [du, s])])])]);
      return [dg, du];
    },
  })[0]!;
}

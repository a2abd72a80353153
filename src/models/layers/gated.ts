/** @file silu(g)·u, with a gradient of its own: one tensor less lives until backward. */
import type { GraphBuilder } from "../../onnx/builder.ts";
import { customGradient } from "../../onnx/custom.ts";
import type { Value } from "../../onnx/ir.ts";

/** g and u of one shape. Backward keeps g and u alone: with s = σ(g) and t = dy·s, du = t·g and dg = u·(t + du·(1 − s)). */
export function gated(graph: GraphBuilder, gate: Value, up: Value): Value {
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

/** @file A linear layer, with its adapter where it has one. */
import type { Value } from "../../onnx/ir.ts";
import type { Parameters } from "../parameters.ts";
import { lowRank } from "./lora.ts";

/** x [.., inputs] → [.., outputs]; the weight is stored [outputs, inputs] as in every Hugging Face checkpoint. */
export function linear(
  parameters: Parameters,
  name: string,
  x: Value,
  { inputs, outputs, bias = false }: { inputs: number; outputs: number; bias?: boolean },
): Value {
  const { graph } = parameters;
  return graph.scope(name.slice(name.lastIndexOf(".") + 1), () => {
    let y = graph.matmul(x, parameters.weight(`${name}.weight`, [outputs, inputs]), { transB: true });
    if (bias) y = graph.op("Add", [y, parameters.weight(`${name}.bias`, [outputs])]);
    const adapter = parameters.adapter(name, { inputs, outputs });
    return adapter ? graph.op("Add", [y, lowRank(graph, x, adapter)]) : y;
  });
}

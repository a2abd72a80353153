/** @file One encoding pass: the inputs a padded batch of sequences needs, and the model run over them. */
import type { Value } from "../onnx/ir.ts";
import type { ForwardOutputs, Model } from "./family.ts";
import type { Parameters } from "./parameters.ts";

export interface PassOptions {
  /** Prefix of the graph inputs: `G` makes `G.input_ids`, `G.position_ids`, … */
  name: string;
  /** Whether rows have a hole of columns they may not see: `G.hole_start`, `G.hole_end`. */
  hole: boolean;
  max_positions: number;
}

/** Sizes are named after the pass: `<name>.B` sequences of `<name>.S` tokens. With dropout there is a word per token, `<name>.dropout_rows`. */
export function runPass(model: Model, parameters: Parameters, { name, hole, max_positions }: PassOptions): ForwardOutputs {
  const { graph } = parameters;
  const shape = [`${name}.B`, `${name}.S`];
  const input = (part: string): Value => graph.input(`${name}.${part}`, "int64", shape);
  const inputs = { input_ids: input("input_ids"), position_ids: input("position_ids") };
  const holes = hole ? { start: input("hole_start"), end: input("hole_end") } : null;
  const forward = () => graph.scope(name, () => model.forward(parameters, { ...inputs, hole: holes, max_positions }));
  if (!parameters.drops) return forward();
  return parameters.dropping(graph.input(`${name}.dropout_rows`, "int32", [...shape, 1]), forward);
}

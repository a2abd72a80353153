/** @file The embedding graph: padded token ids → e(x), the last-layer state of the last embedding token. */
import type { Model } from "../models/family.ts";
import type { Parameters } from "../models/parameters.ts";
import type { GraphBuilder } from "../onnx/builder.ts";
import type { Value } from "../onnx/ir.ts";

/** Inputs `input_ids`, `position_ids` [B, S] and `last` [B], rows of the flattened batch; output `embeddings` [B, hidden]. */
export function embeddingGraph(
  model: Model,
  parameters: Parameters,
  { max_positions, normalize }: { max_positions: number; normalize: boolean },
): void {
  const { graph } = parameters;
  const input_ids = graph.input("input_ids", "int64", ["B", "S"]);
  const position_ids = graph.input("position_ids", "int64", ["B", "S"]);
  const { hidden } = model.forward(parameters, { input_ids, position_ids, hole: null, max_positions });
  const last = graph.input("last", "int64", ["B"]);
  const rows = graph.op("Gather", [graph.reshape(hidden, ["B*S", model.config.hidden_size]), last], { axis: 0 });
  graph.output("embeddings", normalize ? unitLength(graph, rows) : rows);
}

/** x / |x|, as the training graph computes it. */
function unitLength(graph: GraphBuilder, x: Value): Value {
  const square = graph.reduceSum(graph.op("Mul", [x, x]), [-1]);
  return graph.op("Div", [x, graph.op("Sqrt", [graph.op("Add", [square, graph.scalar(1e-24)])])]);
}

/** @file The embedding graph: padded token ids → e(x), the last-layer state of one token, or the mean over all. */
import type { Model } from "../models/family.ts";
import type { Parameters } from "../models/parameters.ts";
import type { SequenceSettings } from "../schema/settings.ts";
import type { GraphBuilder } from "../onnx/builder.ts";
import type { Value } from "../onnx/ir.ts";

/**
 * Inputs `input_ids`, `position_ids` [B, S] and `last` [B], rows of the flattened batch; for the mean `weights` [B, S] in place of
 * `last`: 1/n over the n tokens of a text. Output `embeddings` [B, hidden].
 */
export function embeddingGraph(
  model: Model,
  parameters: Parameters,
  { max_positions, normalize, pooling }: { max_positions: number; normalize: boolean; pooling: SequenceSettings["pooling"] },
): void {
  const { graph } = parameters;
  const input_ids = graph.input("input_ids", "int64", ["B", "S"]);
  const position_ids = graph.input("position_ids", "int64", ["B", "S"]);
  const { hidden } = model.forward(parameters, { input_ids, position_ids, hole: null, max_positions });
  const rows = pooling === "mean" ? meanRow(graph, hidden) : oneRow(graph, hidden);
  graph.output("embeddings", normalize ? unitLength(graph, rows) : rows);
}

function oneRow(graph: GraphBuilder, hidden: Value): Value {
  const last = graph.input("last", "int64", ["B"]);
  return graph.op("Gather", [graph.reshape(hidden, ["B*S", hidden.shape[2]!]), last], { axis: 0 });
}

function meanRow(graph: GraphBuilder, hidden: Value): Value {
  const weights = graph.input("weights", "float32", ["B", "S"]);
  return graph.reshape(graph.matmul(graph.reshape(weights, ["B", 1, "S"]), hidden), ["B", hidden.shape[2]!]);
}

/** x / |x|, as the training graph computes it. */
function unitLength(graph: GraphBuilder, x: Value): Value {
  const square = graph.reduceSum(graph.op("Mul", [x, x]), [-1]);
  return graph.op("Div", [x, graph.op("Sqrt", [graph.op("Add", [square, graph.scalar(1e-24)])])]);
}

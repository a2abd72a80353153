/** @file Gradients of gather, scatter and rotary embedding. ScatterElements sums repeated indices exactly; ScatterND would race. */
import { sizeOf } from "../../onnx/dims.ts";
import { rule } from "../rule.ts";

// Rows are added into zeros; indices are stretched over the row so that ScatterElements can do it.
export const Gather = rule((dy, { graph, inputs: [data, indices] }) => {
  const row = sizeOf(data!.shape.slice(1));
  const count = sizeOf(indices!.shape);
  const zeros = graph.full([data!.shape[0]!, row], 0);
  const stretched = graph.op("Expand", [graph.reshape(indices!, [count, 1]), graph.sizes([count, row])]);
  const sum = graph.op("ScatterElements", [zeros, stretched, graph.reshape(dy, [count, row])], { axis: 0, reduction: "add" });
  return [graph.reshape(sum, data!.shape), null];
});

export const GatherElements = rule((dy, { graph, node, inputs: [data, indices] }) => [
  graph.op("ScatterElements", [graph.full(data!.shape, 0), indices!, dy], { axis: node.attributes["axis"], reduction: "add" }),
  null,
]);

export const ScatterElements = rule((dy, { graph, node, inputs: [, indices, updates], needed }) => {
  const { axis, reduction } = node.attributes;
  const kept = () => (reduction === "add" ? dy : graph.op("ScatterElements", [dy, indices!, graph.full(updates!.shape, 0)], { axis }));
  return [needed[0] ? kept() : null, null, needed[2] ? graph.op("GatherElements", [dy, indices!], { axis }) : null];
});

// Overwritten rows keep nothing of the data.
export const ScatterND = rule((dy, { graph, inputs: [, indices, updates], needed }) => [
  needed[0] ? graph.op("ScatterND", [dy, indices!, graph.full(updates!.shape, 0)]) : null,
  null,
  needed[2] ? graph.op("Gather", [dy, graph.reshape(indices!, [updates!.shape[0]!])], { axis: 0 }) : null,
]);

// A rotation is undone by the opposite angle.
export const RotaryEmbedding = rule((dy, { graph, inputs: [, positions, cos, sin] }) => [
  graph.op("RotaryEmbedding", [dy, positions!, cos!, graph.op("Neg", [sin!])]),
  null,
  null,
  null,
]);

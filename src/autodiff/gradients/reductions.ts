/** @file Gradients of reductions, softmax and RMSNorm. */
import { reducedAxes } from "../../onnx/axes.ts";
import type { GraphBuilder } from "../../onnx/builder.ts";
import { sizeOf } from "../../onnx/dims.ts";
import type { Value } from "../../onnx/ir.ts";
import { reduceTo } from "../broadcast.ts";
import { type Backward, noGradient, rule } from "../rule.ts";

/** Brings dy back to the shape of the reduced input. */
function spread(dy: Value, { graph, inputs: [x, axes] }: Backward): Value {
  const reduced = new Set(reducedAxes(x!, axes));
  const kept = graph.reshape(
    dy,
    x!.shape.map((dim, axis) => (reduced.has(axis) ? 1 : dim)),
  );
  return graph.op("Expand", [kept, graph.sizes(x!.shape)]);
}

export const ReduceSum = rule((dy, backward) => [spread(dy, backward), null]);

export const ReduceMean = rule((dy, backward) => {
  const { graph, inputs } = backward;
  const count = sizeOf(reducedAxes(inputs[0]!, inputs[1]).map((axis) => inputs[0]!.shape[axis]!));
  const divisor = typeof count === "number" ? graph.scalar(count) : graph.reshape(graph.cast(graph.sizes([count]), "float32"), []);
  return [spread(graph.op("Div", [dy, divisor]), backward), null];
});

const lastAxisSum = (graph: GraphBuilder, x: Value): Value => graph.reduceSum(x, [-1]);

// y = softmax x: dx = y·dy - y·Σ(y·dy)
export const Softmax = rule((dy, { graph, outputs: [y] }) => {
  const weighted = graph.op("Mul", [y!, dy]);
  return [graph.op("Sub", [weighted, graph.op("Mul", [y!, lastAxisSum(graph, weighted)])])];
});

// y = log softmax x: dx = dy - exp(y)·Σdy
export const LogSoftmax = rule((dy, { graph, outputs: [y] }) => [
  graph.op("Sub", [dy, graph.op("Mul", [graph.op("Exp", [y!]), lastAxisSum(graph, dy)])]),
]);

// y = x·r·scale with r = (mean x² + ε)^-½: dx = r·(g - x·r²·mean(g·x)) with g = dy·scale; dscale = Σ dy·x·r
export const SimplifiedLayerNormalization = rule((dy, { graph, inputs: [x, scale], outputs: [, r], needed }) => {
  if (!r) throw new Error("the norm must be built with its second output, 1/rms, to have a gradient");
  const dx = () => {
    const g = graph.op("Mul", [dy, scale!]);
    const mean = graph.op("ReduceMean", [graph.op("Mul", [g, x!]), graph.ints(-1)], { keepdims: 1 });
    const along = graph.op("Mul", [graph.op("Mul", [r, r]), mean]); // [.., 1]
    return graph.op("Mul", [graph.op("Sub", [g, graph.op("Mul", [x!, along])]), r]);
  };
  const dscale = () => reduceTo(graph, graph.op("Mul", [dy, graph.op("Mul", [x!, r])]), scale!.shape);
  return [needed[0] ? dx() : null, needed[1] ? dscale() : null];
});

export const ReduceMax = noGradient;
export const ArgMax = noGradient;
export const TopK = noGradient;

/** @file Gradients of the elementwise operators. `dy` is dL/dy throughout. */
import { noGradient, rule } from "../rule.ts";

export const Add = rule((dy) => [dy, dy]);
export const Sub = rule((dy, { graph, needed }) => [dy, needed[1] ? graph.op("Neg", [dy]) : null]);

// y = a·b: da = dy·b, db = dy·a
export const Mul = rule((dy, { graph, inputs: [a, b], needed }) => [
  needed[0] ? graph.op("Mul", [dy, b!]) : null,
  needed[1] ? graph.op("Mul", [dy, a!]) : null,
]);

// y = a/b: da = dy/b, db = -dy·y/b
export const Div = rule((dy, { graph, inputs: [, b], outputs: [y], needed }) => {
  const da = graph.op("Div", [dy, b!]);
  return [needed[0] ? da : null, needed[1] ? graph.op("Neg", [graph.op("Mul", [da, y!])]) : null];
});

export const Neg = rule((dy, { graph }) => [graph.op("Neg", [dy])]);
export const Identity = rule((dy) => [dy]);
export const Exp = rule((dy, { graph, outputs: [y] }) => [graph.op("Mul", [dy, y!])]);
export const Log = rule((dy, { graph, inputs: [x] }) => [graph.op("Div", [dy, x!])]);

// y = √x: dx = dy / (2y)
export const Sqrt = rule((dy, { graph, outputs: [y] }) => [graph.op("Div", [graph.op("Mul", [dy, graph.scalar(0.5)]), y!])]);

// y = 1/x: dx = -dy·y²
export const Reciprocal = rule((dy, { graph, outputs: [y] }) => [graph.op("Neg", [graph.op("Mul", [dy, graph.op("Mul", [y!, y!])])])]);

// y = σ(x): dx = dy·(y - y²)
export const Sigmoid = rule((dy, { graph, outputs: [y] }) => [graph.op("Mul", [dy, graph.op("Sub", [y!, graph.op("Mul", [y!, y!])])])]);

// y = tanh x: dx = dy·(1 - y²)
export const Tanh = rule((dy, { graph, outputs: [y] }) => [
  graph.op("Mul", [dy, graph.op("Sub", [graph.scalar(1), graph.op("Mul", [y!, y!])])]),
]);

// y = x·s with s = σ(αx): dx = dy·(s + α(y - y·s))
export const QuickGelu = rule((dy, { graph, node, inputs: [x], outputs: [y] }) => {
  const alpha = (node.attributes["alpha"] as { float: number }).float;
  const scaled = (value: typeof dy) => (alpha === 1 ? value : graph.op("Mul", [value, graph.scalar(alpha)]));
  const s = graph.op("Sigmoid", [scaled(x!)]);
  const slope = graph.op("Add", [s, scaled(graph.op("Sub", [y!, graph.op("Mul", [y!, s])]))]);
  return [graph.op("Mul", [dy, slope])];
});

// Gradients are float32, whatever the type of the value: only a product rounds them, for itself.
export const Cast = rule((dy, { inputs: [x] }) => [x!.dtype in FLOATS ? dy : null]);
const FLOATS = { float32: true, float16: true, bfloat16: true };

export const Where = rule((dy, { graph, inputs: [condition], needed }) => {
  const zero = graph.scalar(0);
  return [null, needed[1] ? graph.op("Where", [condition!, dy, zero]) : null, needed[2] ? graph.op("Where", [condition!, zero, dy]) : null];
});

export const Less = noGradient;
export const LessOrEqual = noGradient;
export const Greater = noGradient;
export const GreaterOrEqual = noGradient;
export const Equal = noGradient;
export const And = noGradient;
export const Or = noGradient;
export const Not = noGradient;

/** @file Reverse-mode differentiation: one walk over the nodes, from the loss back to what is trained. */
import type { GraphBuilder, OpName } from "../onnx/builder.ts";
import { segmentsOf } from "../onnx/checkpoint.ts";
import { formatShape } from "../onnx/dims.ts";
import type { Node, Value } from "../onnx/ir.ts";
import { reduceTo } from "./broadcast.ts";
import { regionsOf } from "../onnx/custom.ts";
import * as rules from "./gradients/index.ts";
import { type Backward, type GradientRule, noGradient } from "./rule.ts";

/**
 * Appends the nodes that compute d(loss)/d(wrt) for every value in `wrt`, and returns them by value.
 * A computed value in `wrt` is a boundary: it is treated as independent and nothing flows past it.
 * `seed` is what every gradient is multiplied by, a scalar.
 * Throws where the loss does not depend on a value, or where a gradient reaches an operator that has none.
 */
export function gradients(graph: GraphBuilder, loss: Value, wrt: readonly Value[], seed: Value = graph.scalar(1)): Map<Value, Value> {
  if (loss.shape.length !== 0) throw new Error(`the loss must be a scalar, found ${formatShape(loss.shape)}`);
  const forward = [...graph.nodes];
  const dependent = dependents(forward, wrt);
  const boundary = new Set(wrt);
  const flows = new Map<Value, Value>([[loss, seed]]);
  graph.beginBackward();

  const regions = new Map(regionsOf(graph).map((region) => [region.end, region]));
  const segments = new Map(segmentsOf(graph).map((segment) => [segment.end, segment]));
  // Forward value → the same, computed again for backward.
  const again = new Map<Value, Value>();
  for (let index = forward.length - 1; index >= 0; index--) {
    const segment = segments.get(index + 1);
    if (segment) recompute(graph, forward.slice(segment.start, segment.end), again);
    const region = regions.get(index + 1);
    if (region) index = region.start;
    const step = region ?? forward[index]!;
    const reached = step.outputs.map((output) => (dependent.has(output) && !boundary.has(output) ? (flows.get(output) ?? null) : null));
    if (reached.every((gradient) => gradient === null)) continue;
    graph.scope(`backward.${step.scope}`, () => {
      const backward: Backward = {
        graph,
        node: forward[index]!,
        inputs: step.inputs.map((input) => (input ? (again.get(input) ?? rematerialized(graph, input)) : input)) as Value[],
        outputs: step.outputs.map((output) => again.get(output) ?? output),
        gradients: reached,
        needed: step.inputs.map((input) => input !== null && dependent.has(input)),
      };
      const answers = region ? region.gradient(backward) : ruleOf(forward[index]!)(backward);
      step.inputs.forEach((input, at) => {
        const answer = answers[at];
        if (!input || !answer || !dependent.has(input)) return;
        const share = reduceTo(graph, answer, input.shape);
        const sum = flows.get(input);
        flows.set(input, sum ? graph.op("Add", [sum, share]) : share);
      });
    });
  }
  return new Map(wrt.map((value) => [value, flows.get(value) ?? unreached(value)]));
}

/** Every value computed from `wrt`, and `wrt` itself. */
function dependents(nodes: readonly Node[], wrt: readonly Value[]): Set<Value> {
  const found = new Set(wrt);
  for (const node of nodes) {
    if (!node.inputs.some((input) => input && found.has(input))) continue;
    for (const output of node.outputs) found.add(output);
  }
  return found;
}

function ruleOf(node: Node): GradientRule {
  const found = (rules as Record<string, GradientRule | typeof noGradient | undefined>)[node.op];
  if (found === undefined) throw new Error(`${node.scope}: ${node.op} has no gradient rule; add one in src/autodiff/gradients`);
  if (found === noGradient) throw new Error(`${node.scope}: a gradient reached ${node.op}, which has none`);
  return found;
}

/** Repeats a checkpointed stretch from what enters it; what backward does not ask for is left out when the graph is encoded. */
function recompute(graph: GraphBuilder, nodes: readonly Node[], again: Map<Value, Value>): void {
  for (const node of nodes) {
    // The cast of a weight is repeated for each use anyway.
    if (node.rematerialize) continue;
    const inputs = node.inputs.map((input) => input && (again.get(input) ?? rematerialized(graph, input)));
    const copies = graph.scope(`recompute.${node.scope}`, () =>
      graph.ops(node.op as OpName, inputs, { attributes: node.attributes, count: node.outputs.length }),
    );
    node.outputs.forEach((output, at) => again.set(output, copies[at]!));
  }
}

/** A cheap value is computed again where backward needs it, so that its copy from the forward pass need not live so long. */
function rematerialized(graph: GraphBuilder, value: Value): Value {
  const node = value.producer;
  if (!node?.rematerialize) return value;
  return graph.ops(node.op as OpName, [...node.inputs], {
    attributes: node.attributes,
    count: 1,
    rematerialize: true,
  })[0]!;
}

function unreached(value: Value): never {
  throw new Error(`the loss does not depend on ${value.name}${formatShape(value.shape)}`);
}

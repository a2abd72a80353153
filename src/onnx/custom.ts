/** @file A stretch of graph with a gradient of its own, as in jax.custom_vjp: for losses whose rule is cheaper than its parts. */
import type { GraphBuilder } from "./builder.ts";
import type { Node, Value } from "./ir.ts";

export interface Backward {
  graph: GraphBuilder;
  node: Node;
  inputs: readonly Value[];
  outputs: readonly Value[];
  /** dL/d(output), one per output; null where nothing depends on it. Each has its output's shape. */
  gradients: readonly (Value | null)[];
  /** Which inputs lead to something trained: the others may be answered with null, and cost nothing then. */
  needed: readonly boolean[];
}

/** Returns dL/d(input), one per input, null for none. A broadcast input may be answered in the broadcast shape: the walk sums it back. */
export type GradientRule = (backward: Backward) => (Value | null)[];

export interface Region {
  /** The nodes [start, end) of the graph. */
  start: number;
  end: number;
  inputs: readonly Value[];
  outputs: readonly Value[];
  scope: string;
  gradient: GradientRule;
}

const regions = new WeakMap<GraphBuilder, Region[]>();

export const regionsOf = (graph: GraphBuilder): readonly Region[] => regions.get(graph) ?? [];

/** Builds `forward` and lets `gradient` answer for all of it; gradients are given and taken as by an operator with these inputs and outputs. */
export function customGradient(
  graph: GraphBuilder,
  { name, inputs, forward, gradient }: { name: string; inputs: Value[]; forward: () => Value[]; gradient: GradientRule },
): Value[] {
  const start = graph.nodes.length;
  const outputs = graph.scope(name, forward);
  const region: Region = { start, end: graph.nodes.length, inputs, outputs, scope: name, gradient };
  regions.set(graph, [...regionsOf(graph), region]);
  return outputs;
}

/** @file Gradient checkpointing (arXiv 1604.06174): stretches of the forward pass that backward computes again instead of keeping. */
import type { GraphBuilder } from "./builder.ts";

/** The nodes [start, end) of a graph. */
export interface Segment {
  start: number;
  end: number;
}

const segments = new WeakMap<GraphBuilder, Segment[]>();

export const segmentsOf = (graph: GraphBuilder): readonly Segment[] => segments.get(graph) ?? [];

/** Builds `body`; where the graph recomputes, only what enters it stays alive until backward. */
export function checkpoint<T>(graph: GraphBuilder, body: () => T): T {
  const start = graph.nodes.length;
  const result = body();
  if (graph.recompute) segments.set(graph, [...segmentsOf(graph), { start, end: graph.nodes.length }]);
  return result;
}

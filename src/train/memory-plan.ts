/** @file The memory a training run will take, from its own graphs and its own longest pools. */
import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import type { GraphBuilder } from "../onnx/builder.ts";
import { graphMemory, type Sizes } from "../onnx/memory.ts";

/** Bytes at the peak. */
export interface MemoryPlan {
  /** Anonymous memory: what cannot be given back to the system while the run lasts. The sum of what follows. */
  peak: number;
  /** Node, ONNX Runtime, the tokenizer, the samples, the sessions' own records. */
  base: number;
  /** Intermediate values of the graphs, their outputs included. */
  activations: number;
  parameters: number;
  /** AdamW's two moments. */
  optimizer: number;
  gradients: number;
  /** Weights read from their files: page cache, which the system takes back when it needs to. */
  mapped: number;
  /** What this machine, or the control group of this process, has. */
  limit: number;
  fits: boolean;
}

/** The sessions that are open at once, each with the runs it is asked for. */
export type OpenGraphs = readonly { graph: GraphBuilder; runs: readonly Sizes[] }[];

/** A session without weights, and what one node of its graph adds: measured, the garbage collected meanwhile taken off. */
const SESSION_BYTES = 4e6;
const NODE_BYTES = 4000;

/** Results of the run before that the garbage collector has not come to yet, as a share of a run's. */
const STALE = 0.5;

export interface MemoryPlanOptions {
  /** The stages run one after the other. */
  stages: readonly OpenGraphs[];
  /** Bytes of all trained tensors. */
  trained: number;
  /** Of those, bytes of tensors whose gradient no graph puts out whole: it is added up from rows. */
  sparse: number;
  /** Gradients of several runs are added before an update. */
  sums: boolean;
}

export function memoryPlan({ stages, trained, sparse, sums }: MemoryPlanOptions): MemoryPlan {
  // Before the graphs are gone through: that leaves a heap of its own.
  const own = ownBytes();
  const graphs = stages.map((open) => open.map(({ graph, runs }) => graphMemory(graph, runs)));
  const largest = (of: (memory: ReturnType<typeof graphMemory>) => number) =>
    Math.max(...graphs.map((open) => open.reduce((sum, memory) => sum + of(memory), 0)));
  const parts = {
    base: own + largest(({ nodes }) => SESSION_BYTES + nodes * NODE_BYTES),
    activations: largest(({ arena }) => arena),
    parameters: trained,
    optimizer: 2 * trained,
    // The graph's outputs are copied out of it, and added to a sum where there is one.
    gradients: largest(({ outputs }) => (1 + STALE) * outputs) + (sums ? trained : sparse),
  };
  const peak = Object.values(parts).reduce((sum, bytes) => sum + bytes, 0);
  const limit = memoryLimit();
  return { peak, ...parts, mapped: mappedBytes(stages.flat()), limit, fits: peak <= limit };
}

/** What this process, which has read model and samples as the run will, holds by now. */
function ownBytes(): number {
  try {
    const [, kilobytes] = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))!;
    return 1024 * Number(kilobytes);
  } catch {
    // Not Linux: what the engine counts itself.
    const { heapTotal, external } = process.memoryUsage();
    return heapTotal + external;
  }
}

function memoryLimit(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** Every stored tensor once, whole or in blocks. */
function mappedBytes(graphs: OpenGraphs): number {
  const ranges = graphs.flatMap(({ graph }) => graph.initializers.flatMap(({ data }) => ("file" in data ? [data] : [])));
  let [bytes, place, end] = [0, "", 0];
  for (const { file, offset, length } of ranges.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.offset - b.offset))) {
    if (file !== place) [place, end] = [file, 0];
    bytes += Math.max(0, offset + length - Math.max(end, offset));
    end = Math.max(end, offset + length);
  }
  return bytes;
}

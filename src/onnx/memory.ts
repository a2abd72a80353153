/** @file What memory a graph takes when ONNX Runtime runs it on the CPU, found by going through the run without computing anything. */
import { Arena } from "./arena.ts";
import type { GraphBuilder } from "./builder.ts";
import { evaluateDim, sizeOf } from "./dims.ts";
import { orderedNodes } from "./encode.ts";
import type { Node, Value } from "./ir.ts";
import { runOrder } from "./run-order.ts";
import type { Feeds } from "./session.ts";
import { BYTES, shapeKeys } from "./shape-keys.ts";

export interface GraphMemory {
  /** Bytes the arena keeps after a few runs: intermediate values and outputs. */
  arena: number;
  /** Largest sum of bytes in use at once; the rest of the arena is fragmentation. */
  live: number;
  /** Bytes of the outputs, which are copied out of the arena. */
  outputs: number;
  /** Bytes of the inputs, which are read where they lie. */
  inputs: number;
  /** Nodes that run. */
  nodes: number;
}

/** The output is the input under another name. */
const ALIASES = new Set(["Reshape", "Squeeze", "Unsqueeze", "Identity"]);
/** Kernels of the CPU provider that may write over their first input, where nothing else reads it and the shape is known to stay. */
const IN_PLACE = new Set(["Softmax", "LogSoftmax", "Sigmoid", "Tanh", "Cast", "ScatterElements", "ScatterND"]);

/** Sizes by the names the graph's inputs give them. */
export type Sizes = Readonly<Record<string, number>>;

/** `runs` are made one after the other in one session, and all of them again; each binds every named size of the graph's inputs. */
export function graphMemory(graph: GraphBuilder, runs: readonly Sizes[]): GraphMemory {
  const order = runOrder(orderedNodes(graph));
  const outputs = outputNames(graph);
  const arena = new Arena();
  let live = 0;
  // Regions are never given back, and a run finds them as the one before left them.
  const plans = runs.map((sizes) => lifetimes(order, { outputs, bytesOf: (value) => bytesOf(value, sizes) }));
  for (const steps of [...plans, ...plans, ...plans]) live = Math.max(live, walk(steps, arena));
  const largest = (values: readonly Value[]) =>
    Math.max(...runs.map((sizes) => values.reduce((total, value) => total + bytesOf(value, sizes), 0)));
  return {
    arena: arena.touched,
    live,
    outputs: largest(graph.outputs.map(({ value }) => value)),
    inputs: largest(graph.inputs),
    nodes: order.length,
  };
}

/** Every named size, read from what would be fed. */
export function sizesOf(graph: GraphBuilder, feeds: Feeds): Sizes {
  return Object.fromEntries(
    graph.inputs.flatMap(({ name, shape }) =>
      shape.flatMap((dim, axis) => (typeof dim === "string" && feeds[name] ? [[dim, feeds[name].shape[axis]!] as const] : [])),
    ),
  );
}

const bytesOf = ({ dtype, shape }: Value, sizes: Sizes): number => BYTES[dtype] * evaluateDim(sizeOf(shape), sizes);

interface Buffer {
  bytes: number;
  /** What ONNX Runtime's planner compares: two values of one key may share a buffer. null where it does not know the shape. */
  key: string | null;
  readers: number;
}

interface Step {
  made: Buffer[];
  freed: Buffer[];
}

function walk(steps: readonly Step[], arena: Arena): number {
  const chunks = new Map<Buffer, ReturnType<Arena["allocate"]>>();
  let [live, most] = [0, 0];
  for (const { made, freed } of steps) {
    for (const buffer of made) {
      if (buffer.bytes > 0) chunks.set(buffer, arena.allocate(buffer.bytes));
      live += buffer.bytes;
    }
    most = Math.max(most, live);
    for (const buffer of freed) {
      const chunk = chunks.get(buffer);
      if (chunk) arena.release(chunk);
      chunks.delete(buffer);
      live -= buffer.bytes;
    }
  }
  for (const chunk of chunks.values()) arena.release(chunk);
  return most;
}

/**
 * The plan ONNX Runtime makes once per session: a value takes over the buffer of an input it may overwrite, else one of its shape that
 * is free by then, else it gets one of its own. A buffer lives from its first value to the last reader of its last one, the gaps
 * between included.
 */
function lifetimes(
  order: readonly Node[],
  { outputs, bytesOf }: { outputs: ReadonlySet<string>; bytesOf: (value: Value) => number },
): Step[] {
  const readers = new Map<string, number>();
  for (const { inputs } of order) for (const input of inputs) if (input) readers.set(input.name, (readers.get(input.name) ?? 0) + 1);
  const bufferOf = new Map<string, Buffer>();
  const free: Buffer[] = [];
  const last = new Map<Buffer, number>();
  const keyOf = shapeKeys(order);
  const steps = order.map((node, at): Step => {
    const step: Step = { made: [], freed: [] };
    const count = (value: Value) => readers.get(value.name) ?? 0;
    for (const output of node.outputs) {
      // A view of a graph input or a weight.
      if (ALIASES.has(node.op) && !outputs.has(output.name) && !bufferOf.has(node.inputs[0]!.name)) continue;
      const key = keyOf(output);
      const kept = outputs.has(output.name);
      const taken = kept ? undefined : (overwritten(node, { key, keyOf, bufferOf }) ?? takeFrom(free, key));
      const buffer = taken ?? { bytes: bytesOf(output), key, readers: 0 };
      // A graph output is never freed; while its node runs, neither is any other.
      buffer.readers += count(output) + (kept ? 2 : 1);
      bufferOf.set(output.name, buffer);
      last.set(buffer, at);
      if (!taken) step.made.push(buffer);
    }
    for (const value of [...node.inputs, ...node.outputs]) {
      const buffer = value && bufferOf.get(value.name);
      if (!buffer) continue;
      last.set(buffer, at);
      if (--buffer.readers === 0) free.unshift(buffer);
    }
    return step;
  });
  const ends = new Set([...outputs].map((name) => bufferOf.get(name)));
  for (const [buffer, at] of last) if (!ends.has(buffer)) steps[at]!.freed.push(buffer);
  return steps;
}

/** The buffer of an input that the output takes over: of graph inputs and weights there is none. */
function overwritten(
  { op, inputs }: Node,
  { key, keyOf, bufferOf }: { key: string | null; keyOf: (value: Value) => string | null; bufferOf: ReadonlyMap<string, Buffer> },
): Buffer | undefined {
  const [input] = inputs;
  const buffer = input ? bufferOf.get(input.name) : undefined;
  if (!input || !buffer) return undefined;
  if (ALIASES.has(op)) return buffer;
  return IN_PLACE.has(op) && buffer.readers === 1 && key !== null && keyOf(input) === key ? buffer : undefined;
}

function takeFrom(free: Buffer[], key: string | null): Buffer | undefined {
  const at = key === null ? -1 : free.findIndex((buffer) => buffer.key === key);
  return at < 0 ? undefined : free.splice(at, 1)[0];
}

/** A computed value under the name of its output; what is a graph input keeps its own. */
function outputNames(graph: GraphBuilder): Set<string> {
  const names = new Set<string>();
  for (const { name, value } of graph.outputs) names.add(value.producer && !names.has(value.name) ? value.name : name);
  return names;
}

/** @file Makes the CPU round to float16 as a GPU does: ONNX Runtime leaves out a cast there and back, unless something stands between. */
import type { GraphBuilder } from "../../src/onnx/builder.ts";
import type { Node, Value } from "../../src/onnx/ir.ts";

/** Two: a single node in float16 between casts is computed in float32 as well. */
const GUARDS = 2;

/** Puts Identities behind every node that gives float16; to be called before the graph is encoded. */
export function holdFloat16(graph: GraphBuilder): void {
  const from = graph.nodes[graph.backwardFrom];
  const nodes = graph.nodes.flatMap((node): Node[] => {
    const [value] = node.outputs;
    if (value?.dtype !== "float16") return [node];
    // The value keeps its name, so that whoever reads it reads it behind the last Identity.
    const chain: Value[] = [...Array.from({ length: GUARDS }, (_, at) => ({ ...value, name: `${value.name}.${at}` })), value];
    const guard = (at: number): Node => ({
      ...node,
      op: "Identity",
      domain: "",
      inputs: [chain[at]!],
      outputs: [chain[at + 1]!],
      attributes: {},
    });
    return [{ ...node, outputs: [chain[0]!] }, ...Array.from({ length: GUARDS }, (_, at) => guard(at))];
  });
  const first = nodes.findIndex(
    (node) => node === from || (from?.outputs[0] && node.outputs[0]?.name.startsWith(`${from.outputs[0].name}.`)),
  );
  graph.backwardFrom = first < 0 ? Infinity : first;
  graph.nodes.splice(0, graph.nodes.length, ...nodes);
}

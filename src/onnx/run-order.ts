/** @file The order in which ONNX Runtime runs the nodes of a file. */
import type { Node } from "./ir.ts";

/**
 * Depth first from the leaves, the leaf of the highest index first, a node after its inputs; of several inputs the one made by the
 * node of the highest index runs first. Initializers and graph inputs have no node.
 */
export function runOrder(nodes: readonly Node[]): Node[] {
  const indexOf = new Map(nodes.flatMap((node, index) => node.outputs.map((output) => [output.name, index] as const)));
  const consumed = new Set(nodes.flatMap((node) => node.inputs.map((input) => input?.name)));
  const isLeaf = (node: Node): boolean => !node.outputs.some((output) => consumed.has(output.name));
  const stack = nodes.flatMap((node, index) => (isLeaf(node) ? [{ index, done: false }] : []));
  const entered = new Set<number>();
  const order: Node[] = [];
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { index, done } = top;
    const node = nodes[index]!;
    if (done) order.push(node);
    if (done || entered.has(index)) continue;
    entered.add(index);
    stack.push({ index, done: true });
    const makers = node.inputs.flatMap((input) => (input ? (indexOf.get(input.name) ?? []) : []));
    for (const maker of [...new Set(makers)].sort((a, b) => a - b)) if (!entered.has(maker)) stack.push({ index: maker, done: false });
  }
  return order;
}

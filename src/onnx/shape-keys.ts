/** @file Which values ONNX Runtime takes to be of one size: its shape inference knows less than the builder. */
import type { Dim } from "./dims.ts";
import type { DType, Node, Value } from "./ir.ts";

export const BYTES: Readonly<Record<DType, number>> = { float32: 4, float16: 2, bfloat16: 2, int64: 8, int32: 4, bool: 1 };

/** Operators whose symbolic sizes it does not infer: they come from values, not from shapes. */
const FORGETTING = new Set(["Expand", "Range", "Slice", "Tile"]);

/** A key that two values share where ONNX Runtime's planner sees the same element size and shape; null where it sees none. */
export function shapeKeys(order: readonly Node[]): (value: Value) => string | null {
  // The named sizes that are lost, by value; they stay lost in what is computed from it.
  const lost = new Map<string, Set<Dim>>();
  const lostIn = (value: Value | null | undefined): Iterable<Dim> => (value ? (lost.get(value.name) ?? []) : []);
  for (const node of order) {
    for (const output of node.outputs) {
      const named = output.shape.filter((dim) => typeof dim === "string");
      const from = node.op.startsWith("Scatter") ? node.inputs.slice(0, 1) : node.inputs;
      const inherited = new Set(from.flatMap((input) => [...lostIn(input)]));
      const gone = named.filter((dim) => inherited.has(dim) || FORGETTING.has(node.op) || (node.op === "Reshape" && !isCopied(node, dim)));
      if (gone.length > 0) lost.set(output.name, new Set(gone));
    }
  }
  return ({ name, dtype, shape }) => {
    const known = shape.length > 0 && shape.every((dim) => typeof dim === "number" || (!/[*+]/.test(dim) && !lost.get(name)?.has(dim)));
    return known ? `${BYTES[dtype]}:${shape.join()}` : null;
  };
}

/** Whether a Reshape says of the size that it is that of the input at the same place. */
function isCopied({ inputs: [x, target], outputs: [y] }: Node, dim: Dim): boolean {
  if (target!.producer) return false;
  const axis = y!.shape.indexOf(dim);
  return x!.shape[axis] === dim && target!.content?.[axis] === 0;
}

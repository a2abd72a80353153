/** @file A pass that continues a key/value cache: the prefill graph takes a prompt, or a part of one, the decode graph one token a row. */
import { multiplyDims } from "../onnx/dims.ts";
import type { Value } from "../onnx/ir.ts";
import type { Model } from "./family.ts";
import type { Parameters } from "./parameters.ts";

export const keyName = (layer: number): string => `key.${layer}`;
export const valueName = (layer: number): string => `value.${layer}`;

export interface CachedPassOptions {
  max_positions: number;
  /** One new token per row, or any number of them. */
  seq: 1 | "S";
  logits?: boolean;
}

/**
 * Inputs: `input_ids`, `position_ids`, `hole_start`, `hole_end` [B, S]; `last` [B], the row of the flattened batch whose next token
 * is wanted; `past.key.<layer>`, `past.value.<layer>` [B, kv heads, C, head_dim], of which a row sees all columns but its hole.
 * Outputs: `next` [B] (greedy), `checksum` [B] (finite where the state is), with `logits` [B, vocab] if asked for;
 * `key.<layer>`, `value.<layer>` [B, kv heads, S, head_dim] of these tokens alone.
 */
export function cachedPass(
  model: Model,
  parameters: Parameters,
  { max_positions, seq, logits: wantLogits = false }: CachedPassOptions,
): void {
  const { graph } = parameters;
  const { num_hidden_layers, num_key_value_heads, head_dim, hidden_size } = model.config;
  const input = (name: string): Value => graph.input(name, "int64", ["B", seq]);
  const inputs = { input_ids: input("input_ids"), position_ids: input("position_ids") };
  const hole = { start: input("hole_start"), end: input("hole_end") };
  const rows = graph.input("last", "int64", ["B"]);
  const cache = (name: string): Value => graph.input(`past.${name}`, "float32", ["B", num_key_value_heads, "C", head_dim]);
  const past = Array.from({ length: num_hidden_layers }, (_, layer) => ({ key: cache(keyName(layer)), value: cache(valueName(layer)) }));

  // The filled columns of a row end where its new tokens begin, one position each: column c stands at first − filled + c.
  const past_positions = (): Value => {
    const first = (value: Value): Value => graph.slice(value, { axis: 1, start: 0, end: 1 }); // [B, 1]
    const origin = graph.op("Sub", [first(inputs.position_ids), first(hole.start)]);
    return graph.op("Add", [origin, graph.range("C")]); // [B, C]
  };
  const { hidden, present } = model.forward(parameters, { ...inputs, hole, max_positions, past, past_positions });
  const last = graph.op("Gather", [graph.reshape(hidden, [multiplyDims("B", seq), hidden_size]), rows], { axis: 0 }); // [B, hidden]
  const logits = graph.matmul(last, model.head(parameters), { transB: true });
  graph.output("next", graph.op("ArgMax", [logits], { axis: -1, keepdims: 0 }));
  graph.output("checksum", graph.reduceSum(last, [-1], { keepdims: false }));
  if (wantLogits) graph.output("logits", logits);
  present.forEach(({ key, value }, layer) => {
    graph.output(keyName(layer), key);
    graph.output(valueName(layer), value);
  });
}

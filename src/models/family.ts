/** @file What a model family provides: one definition of the forward pass, from which every graph is made. */
import type { Value } from "../onnx/ir.ts";
import type { Table } from "../onnx/table.ts";
import type { KeyValue } from "./layers/attend-cached.ts";
import type { Rope } from "./layers/rope-scaling.ts";
import type { Hole } from "./layers/mask.ts";
import type { Parameters } from "./parameters.ts";

/** The sizes every decoder config has, under its Hugging Face keys. */
export interface DecoderConfig {
  vocab_size: number;
  hidden_size: number;
  num_hidden_layers: number;
  num_attention_heads: number;
  num_key_value_heads: number;
  head_dim: number;
  max_position_embeddings: number;
  rope: Rope;
  tie_word_embeddings: boolean;
}

export interface ForwardInputs {
  /** int64 [batch, seq] */
  input_ids: Value;
  /** int64 [batch, seq] */
  position_ids: Value;
  /** The session mask; null for plain causal attention. */
  hole: Hole | null;
  /** Positions the rotary table must hold. */
  max_positions: number;
  /** Keys and values of earlier tokens, one per layer; what of it a row must not see is the hole's to say. */
  past?: readonly KeyValue[];
  /** Makes the positions of the cached columns, int64 [batch, past], where a layer asks for them (sliding windows). */
  past_positions?: () => Value;
}

export interface ForwardOutputs {
  /** Token embeddings [batch, seq, hidden], before the first layer. */
  embeddings: Value;
  /** After the final norm [batch, seq, hidden]. */
  hidden: Value;
  /** Keys and values of these tokens, one per layer. */
  present: KeyValue[];
}

export interface Model {
  model_type: string;
  config: DecoderConfig;
  /** Name and shape of every weight the forward pass and the head read. */
  weights(): Map<string, readonly number[]>;
  /** Linear modules an adapter may target: name → [outputs, inputs]. */
  linears(): Map<string, readonly [number, number]>;
  forward(parameters: Parameters, inputs: ForwardInputs): ForwardOutputs;
  /** The output embedding [vocab, hidden]: the token embedding itself where they are tied. */
  head(parameters: Parameters): Value;
  /** The same, to be read in blocks. */
  headTable(parameters: Parameters): Table;
}

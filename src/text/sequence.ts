/** @file A sequence of the model as it is fed: its ids, where its embedding and its response stand, and what did not fit. */
import type { Exchange } from "../schema/records.ts";

export interface TurnText {
  history: readonly Exchange[];
  question: string;
}

export interface Span {
  start: number;
  length: number;
}

/** What did not fit. */
export interface Dropped {
  /** Oldest (question, response) pairs. */
  pairs: number;
  question_tokens: number;
  passages: number;
  passage_tokens: number;
  response_tokens: number;
}

export interface Sequence {
  ids: Int32Array;
  /** What the embedding is read from: EMB, whose last token counts; of bare texts the token or tokens that are pooled. */
  emb: Span | null;
  /** The response and its closing eos. */
  response: Span | null;
  dropped: Dropped;
  /** Indexes of the given passages that are in the prompt, in prompt order. */
  passages: number[];
}

export const NOTHING_DROPPED: Dropped = { pairs: 0, question_tokens: 0, passages: 0, passage_tokens: 0, response_tokens: 0 };

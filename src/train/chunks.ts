/** @file A pool cut into chunks: some sequences of one pass each, of similar length. */
import type { Sequence } from "../text/sequence.ts";
import type { PassName } from "./step-spec.ts";

/** Plain data: it crosses the border of a process. */
export interface Chunk {
  /** The pool's id. */
  pool: string;
  pass: PassName;
  /** The places of the sequences in their pass. */
  places: number[];
  sequences: Sequence[];
}

/** Chunks of `size` sequences, the longest first: so chunks pad little, and memory is at its peak at once. */
export function chunksOf(
  { pool, pass, sequences }: { pool: string; pass: PassName; sequences: readonly Sequence[] },
  size: number,
): Chunk[] {
  const lengths = sequences.map(({ ids }) => ids.length);
  const order = sequences.map((_, place) => place).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  return Array.from({ length: Math.ceil(order.length / size) }, (_, at) => {
    const places = order.slice(at * size, (at + 1) * size);
    return { pool, pass, places, sequences: places.map((place) => sequences[place]!) };
  });
}

/** The sequence up to where its embedding is read: what follows does not reach back (causal attention, and holes only in the response). */
export function embeddedPart(sequence: Sequence): Sequence {
  const { ids, emb } = sequence;
  return { ...sequence, ids: ids.slice(0, emb!.start + emb!.length), response: null };
}

/** @file Which sequences are encoded together: a pure function of their lengths, so that a resumed run makes the same batches. */

/** Rows are padded to a multiple of this many tokens. */
export const LENGTH_GRID = 16;

export interface Batch {
  /** Indexes of the sequences. */
  rows: number[];
  /** Padded length. */
  width: number;
}

/** Longest first; each batch holds at most `tokens` padded tokens, or one sequence. */
export function planBatches(lengths: readonly number[], { tokens }: { tokens: number }): Batch[] {
  const order = lengths.map((_, row) => row).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  const batches: Batch[] = [];
  for (let at = 0; at < order.length;) {
    const width = Math.ceil(Math.max(1, lengths[order[at]!]!) / LENGTH_GRID) * LENGTH_GRID;
    const rows = order.slice(at, at + Math.max(1, Math.floor(tokens / width)));
    batches.push({ rows, width });
    at += rows.length;
  }
  return batches;
}

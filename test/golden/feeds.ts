/** @file Golden sequences as a padded batch: ids, positions and the hole of every row. */
import type { Tensor } from "../../src/onnx/session.ts";
import type { GoldenSequence } from "./case.ts";

export type Kind = "G" | "P" | "R" | "X";

export interface Padded {
  input_ids: Tensor<BigInt64Array>;
  position_ids: Tensor<BigInt64Array>;
  hole_start: Tensor<BigInt64Array>;
  hole_end: Tensor<BigInt64Array>;
  width: number;
}

/** Right padding with an id that also stands inside the sequences. */
export function pad(sequences: readonly GoldenSequence[], kind: Kind, { width = 0, id = 2 } = {}): Padded {
  const columns = Math.max(width, ...sequences.map(({ ids }) => ids.length));
  const make = (): Tensor<BigInt64Array> => ({ data: new BigInt64Array(sequences.length * columns), shape: [sequences.length, columns] });
  const padded = { input_ids: make(), position_ids: make(), hole_start: make(), hole_end: make(), width: columns };
  padded.input_ids.data.fill(BigInt(id));
  for (const [row, sequence] of sequences.entries())
    for (const [at, token] of sequence.ids.entries()) {
      const place = row * columns + at;
      const { position, start, end } = rowRule(sequence, kind, at);
      padded.input_ids.data[place] = BigInt(token);
      padded.position_ids.data[place] = BigInt(position);
      padded.hole_start.data[place] = BigInt(start);
      padded.hole_end.data[place] = BigInt(end);
    }
  return padded;
}

/** In G a response row sees nothing of the session; in X nothing of EMB, and its position goes on where the prompt ended. */
function rowRule({ emb, response }: GoldenSequence, kind: Kind, at: number): { position: number; start: number; end: number } {
  const answering = response !== null && at >= response.start;
  if (!answering) return { position: at, start: 0, end: 0 };
  if (kind === "G") return { position: at, start: 0, end: emb.start };
  return { position: at - emb.length, start: emb.start, end: emb.start + emb.length };
}

/** The rows of a padded batch that predict the response of sequence `row`, and what they predict. */
export function responseRows(sequence: GoldenSequence, kind: "G" | "X"): { rows: number[]; targets: number[] } {
  const { emb, response } = sequence;
  const first = kind === "G" ? emb.start + emb.length - 1 : emb.start - 1;
  const rest = Array.from({ length: response!.length - 1 }, (_, i) => response!.start + i);
  return { rows: [first, ...rest], targets: sequence.ids.slice(response!.start, response!.start + response!.length) };
}

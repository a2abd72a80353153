/** @file Sequences → the feeds of a step graph: padding, positions, holes, rows, labels and weights. */
import type { Feeds, Tensor } from "../onnx/session.ts";
import type { SequenceSettings } from "../schema/settings.ts";
import type { Sequence } from "../text/sequence.ts";
import type { PassName } from "./step-spec.ts";

/** Far below any score, so that its exponential is exactly 0. */
const NOT_A_NEGATIVE = -1e9;

export interface ContrastiveFeed {
  /** Row i's own candidate; null leaves the row out of the loss. */
  labels: readonly (number | null)[];
  /** Pairs (row, candidate) that are no negatives although they are not the row's own. */
  masked: readonly (readonly [number, number])[];
  candidates: number;
}

/** int64 [rows, width] from numbers */
const int64 = (shape: number[], fill: (set: (index: number, value: number) => void) => void): Tensor<BigInt64Array> => {
  const data = new BigInt64Array(shape.reduce((product, dim) => product * dim, 1));
  fill((index, value) => {
    data[index] = BigInt(value);
  });
  return { data, shape };
};

/** Where padding lengthens rows: multiples keep the number of distinct shapes, and so of memory blocks, small. */
export const paddedLength = (longest: number, multiple: number): number => Math.ceil(longest / multiple) * multiple;

export interface PassFeedOptions {
  pass: PassName;
  sequences: readonly Sequence[];
  padId: number;
  /** Feed the columns each row may not see: in G the session before EMB, in X the EMB columns. */
  hole: boolean;
  /** Let the first response token see what the others may not (`mask_compat: chatretriever`). */
  late?: boolean;
  padTo: number;
}

/** Token ids, positions and holes of a padded batch. */
export function passFeeds({ pass, sequences, padId, hole, late = false, padTo }: PassFeedOptions): Record<string, Tensor> {
  const width = paddedLength(Math.max(...sequences.map((sequence) => sequence.ids.length)), padTo);
  const shape = [sequences.length, width];
  const each = (value: (sequence: Sequence, at: number) => number) =>
    int64(shape, (set) =>
      sequences.forEach((sequence, row) => Array.from({ length: width }, (_, at) => set(row * width + at, value(sequence, at)))),
    );
  const inResponse = ({ response }: Sequence, at: number): boolean =>
    response !== null && at >= response.start && at < response.start + response.length;
  const feeds: Record<string, Tensor> = {
    [`${pass}.input_ids`]: each(({ ids }, at) => ids[at] ?? padId),
    // In X the response goes on where the prompt ended, as it will at inference.
    [`${pass}.position_ids`]: each((sequence, at) => (pass === "X" && inResponse(sequence, at) ? at - sequence.emb!.length : at)),
  };
  if (!hole) return feeds;
  const start = pass === "G" ? () => 0 : ({ emb }: Sequence) => emb!.start;
  const hidden = (sequence: Sequence, at: number) => inResponse(sequence, late ? at - 1 : at) && inResponse(sequence, at);
  const end = pass === "G" ? ({ emb }: Sequence) => emb!.start : ({ emb }: Sequence) => emb!.start + emb!.length;
  return {
    ...feeds,
    [`${pass}.hole_start`]: each((sequence, at) => (hidden(sequence, at) ? start(sequence) : 0)),
    [`${pass}.hole_end`]: each((sequence, at) => (hidden(sequence, at) ? end(sequence) : 0)),
  };
}

/** The row of the last EMB token of each sequence, in the flattened batch; for the mean 1/n over its n tokens. */
export function embeddingFeeds({
  pass,
  sequences,
  width,
  pooling = "emb",
}: {
  pass: PassName;
  sequences: readonly Sequence[];
  width: number;
  pooling?: SequenceSettings["pooling"];
}): Record<string, Tensor> {
  if (pooling === "mean") {
    const data = new Float32Array(sequences.length * width);
    sequences.forEach(({ emb }, row) => {
      const first = row * width + emb!.start;
      data.fill(1 / emb!.length, first, first + emb!.length);
    });
    return { [`${pass}.pool_weights`]: { data, shape: [sequences.length, width] } };
  }
  const rows = int64([sequences.length], (set) =>
    sequences.forEach(({ emb }, row) => set(row, row * width + emb!.start + emb!.length - 1)),
  );
  return { [`${pass}.emb_rows`]: rows };
}

export interface ResponseFeedOptions {
  pass: PassName;
  sequences: readonly Sequence[];
  width: number;
  blocks: number;
  /** The weight of each response token of a sequence; 0 leaves it out. */
  weightOf: (sequence: number) => number;
}

/** The rows that predict response tokens, in blocks; a block without rows gets one that counts nothing. */
export function responseFeeds({ pass, sequences, width, blocks, weightOf }: ResponseFeedOptions): Record<string, Tensor> {
  const rows: { row: number; target: number; weight: number }[] = [];
  sequences.forEach(({ ids, emb, response }, at) => {
    const weight = weightOf(at);
    if (!response || weight === 0) return;
    for (let t = 0; t < response.length; t++) {
      // In X the first response token is predicted by the prompt's last token, since EMB is hidden from the response.
      const predictor = t > 0 ? response.start + t - 1 : pass === "X" ? emb!.start - 1 : response.start - 1;
      rows.push({ row: at * width + predictor, target: ids[response.start + t]!, weight });
    }
  });
  const perBlock = Math.max(1, Math.ceil(rows.length / blocks));
  const feeds: Record<string, Tensor> = {};
  for (let block = 0; block < blocks; block++) {
    const taken = rows.slice(block * perBlock, (block + 1) * perBlock);
    if (taken.length === 0) taken.push({ row: 0, target: 0, weight: 0 });
    feeds[`${pass}.response_rows.${block}`] = int64([taken.length], (set) => taken.forEach(({ row }, at) => set(at, row)));
    feeds[`${pass}.targets.${block}`] = int64([taken.length, 1], (set) => taken.forEach(({ target }, at) => set(at, target)));
    feeds[`${pass}.weights.${block}`] = { shape: [taken.length, 1], data: Float32Array.from(taken, ({ weight }) => weight) };
  }
  return feeds;
}

/** Labels, the mask of false negatives, and equal weights over the rows that count: of all rows, or of `count` from `first` on. */
export function contrastiveFeeds(
  name: string,
  { labels, masked, candidates }: ContrastiveFeed,
  { first, count } = { first: 0, count: labels.length },
): Feeds {
  const counted = labels.filter((label) => label !== null).length;
  const bias = new Float32Array(count * candidates);
  for (const [row, candidate] of masked)
    if (row >= first && row < first + count && labels[row] !== candidate) bias[(row - first) * candidates + candidate] = NOT_A_NEGATIVE;
  const taken = labels.slice(first, first + count);
  return {
    [`${name}.labels`]: int64([count, 1], (set) => taken.forEach((label, row) => set(row, label ?? 0))),
    [`${name}.bias`]: { shape: [count, candidates], data: bias },
    [`${name}.weights`]: { shape: [count, 1], data: Float32Array.from(taken, (label) => (label === null ? 0 : 1 / counted)) },
  };
}

/** @file The random words of LoRA dropout: a function of what a token is, never of where a batch puts it. */
import type { Value } from "../onnx/ir.ts";
import type { Feeds, Tensor } from "../onnx/session.ts";
import { Rng } from "../util/rng.ts";

/** Which masks: equal draws give equal masks, however a pool is padded, cut into chunks or repeated. */
export interface DropoutDraw {
  seed: number;
  /** Names the pool among all of the run. */
  pool: string;
}

export interface RowWordOptions {
  pass: string;
  /** Tokens of each sequence. */
  lengths: readonly number[];
  width: number;
  /** The sequences' numbers in their pass of the pool; by default they are all of it. */
  places?: readonly number[];
}

/** `<pass>.dropout_rows` int32 [sequences, width, 1]: a word per token, from the pass, the sequence's number and the position. */
export function dropoutRows({ pass, lengths, width, places }: RowWordOptions, { seed, pool }: DropoutDraw): Record<string, Tensor> {
  const data = new Int32Array(lengths.length * width);
  for (const [row, length] of lengths.entries()) {
    const rng = Rng.of(seed, "dropout", pool, pass, places?.[row] ?? row);
    for (let at = 0; at < length; at++) data[row * width + at] = oddWord(rng);
  }
  return { [`${pass}.dropout_rows`]: { shape: [lengths.length, width, 1], data } };
}

/** A word per input of every module, for all passes of a pool: their rows differ. `columns` are the graph's inputs by module. */
export function dropoutColumns(columns: ReadonlyMap<string, Value>, { seed, pool }: DropoutDraw): Feeds {
  return Object.fromEntries(
    [...columns].map(([module, { name, shape }]) => {
      const rng = Rng.of(seed, "dropout", pool, module);
      return [name, { shape: shape as readonly number[], data: Int32Array.from({ length: shape[0] as number }, () => oddWord(rng)) }];
    }),
  );
}

/** Odd numbers have an inverse: a product with one is a permutation of the words. */
const oddWord = (rng: Rng): number => rng.uint32() | 1;

/**
 * @file Keys and values of a batch of rows, held outside the graph in arrays with room to grow. A graph run reads them in place and
 * returns only those of its new tokens, so that no token ever pays for a copy of the whole cache.
 */
import { keyName, valueName } from "../models/cached-pass.ts";
import { floatsOf, type Tensor } from "../onnx/session.ts";

export interface CacheLayout {
  layers: number;
  /** Key/value heads. */
  heads: number;
  head_dim: number;
}

/** Columns the arrays grow by. */
const ROOM = 64;

export class KeyValueCache {
  readonly layout: CacheLayout;
  /** Filled columns of each row; a row must not see those behind. */
  lengths: number[];
  /** Columns there is room for. */
  #capacity = 0;
  /** `key.0`, `value.0`, … → [rows, heads, capacity, head_dim] */
  #tensors: Map<string, Float32Array>;

  constructor(layout: CacheLayout, rows: number) {
    this.layout = layout;
    this.lengths = Array<number>(rows).fill(0);
    const names = Array.from({ length: layout.layers }, (_, layer) => [keyName(layer), valueName(layer)]).flat();
    this.#tensors = new Map(names.map((name) => [name, new Float32Array(0)]));
  }

  get rows(): number {
    return this.lengths.length;
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** The graph's inputs `past.key.0`, … */
  feeds(): Record<string, Tensor> {
    const { heads, head_dim } = this.layout;
    const shape = [this.rows, heads, this.#capacity, head_dim];
    return Object.fromEntries([...this.#tensors].map(([name, data]) => [`past.${name}`, { data, shape }]));
  }

  /** Adds the first `counts[row]` of the `seq` new columns in a graph's outputs to each row. */
  append(results: Record<string, Tensor>, { seq, counts }: { seq: number; counts: readonly number[] }): void {
    this.#reserve(Math.max(...this.lengths.map((length, row) => length + counts[row]!)));
    for (const name of this.#tensors.keys()) {
      const from = { data: floatsOf(results, name), columns: seq };
      counts.forEach((count, row) => this.#copy(name, from, { row, fromRow: row, start: 0, count, to: this.lengths[row]! }));
    }
    this.lengths = this.lengths.map((length, row) => length + counts[row]!);
  }

  /** The cache of some rows, in that order, with only the columns `span` says, moved to the front. */
  select(rows: readonly number[], span: (row: number) => { start: number; length: number } = (row) => this.#whole(row)): KeyValueCache {
    return KeyValueCache.join([{ cache: this, rows, span }]);
  }

  /** Rows of several caches as one. */
  static join(
    parts: readonly { cache: KeyValueCache; rows: readonly number[]; span?: (row: number) => { start: number; length: number } }[],
  ): KeyValueCache {
    const sources = parts.flatMap(({ cache, rows, span }) => rows.map((row) => ({ cache, row, ...(span?.(row) ?? cache.#whole(row)) })));
    const joined = new KeyValueCache(parts[0]!.cache.layout, sources.length);
    joined.#reserve(Math.max(...sources.map(({ length }) => length)));
    for (const name of joined.#tensors.keys())
      sources.forEach(({ cache, row, start, length }, to) =>
        joined.#copy(
          name,
          { data: cache.#tensors.get(name)!, columns: cache.#capacity },
          { row: to, fromRow: row, start, count: length, to: 0 },
        ),
      );
    joined.lengths = sources.map(({ length }) => length);
    return joined;
  }

  #whole(row: number): { start: number; length: number } {
    return { start: 0, length: this.lengths[row]! };
  }

  /** [.., heads, columns, head_dim] → the same of this cache, column range by column range. */
  #copy(
    name: string,
    { data, columns }: { data: Float32Array; columns: number },
    { row, fromRow, start, count, to }: { row: number; fromRow: number; start: number; count: number; to: number },
  ): void {
    const { heads, head_dim } = this.layout;
    const target = this.#tensors.get(name)!;
    for (let head = 0; head < heads; head++) {
      const from = ((fromRow * heads + head) * columns + start) * head_dim;
      target.set(data.subarray(from, from + count * head_dim), ((row * heads + head) * this.#capacity + to) * head_dim);
    }
  }

  #reserve(columns: number): void {
    if (columns <= this.#capacity) return;
    const { heads, head_dim } = this.layout;
    const [old, capacity] = [this.#capacity, Math.ceil((columns + ROOM / 2) / ROOM) * ROOM];
    this.#capacity = capacity;
    for (const [name, data] of this.#tensors) {
      this.#tensors.set(name, new Float32Array(this.rows * heads * capacity * head_dim));
      this.lengths.forEach((count, row) => this.#copy(name, { data, columns: old }, { row, fromRow: row, start: 0, count, to: 0 }));
    }
  }
}

/** @file An inverted index in typed arrays, with Lucene's BM25 over it. */
import type { RankedPassage } from "../../util/run-table.ts";
import { TopK } from "./top-k.ts";

export interface InvertedIndex {
  /** Passage ids in ascending byte order: a passage is its number in this list. */
  ids: readonly string[];
  terms: ReadonlyMap<string, number>;
  /** Postings of term t stand at [starts[t], starts[t + 1]). */
  starts: Uint32Array; // [terms + 1]
  passages: Uint32Array; // [postings], ascending within a term
  counts: Uint32Array; // [postings], how often the term occurs in the passage
  lengths: Uint32Array; // [ids], terms in the passage
}

export interface Bm25Parameters {
  k1: number;
  b: number;
}

/**
 * score(q, d) = sum over the query's terms, repeats included, of ln(1 + (N - n + 0.5) / (n + 0.5)) · f / (f + k1 (1 - b + b |d| / avg|d|)).
 * Lucene's BM25Similarity since version 8: Robertson's factor (k1 + 1) is left out, it changes no order. Double precision throughout.
 */
export class Bm25Scorer {
  readonly #index: InvertedIndex;
  readonly #norms: Float64Array;
  readonly #scores: Float64Array;
  /** Which passages the current query has touched, so that clearing costs no more than scoring. */
  readonly #touched: Uint32Array;

  /** `lengthOf` may coarsen lengths as Lucene does; their average is always exact. */
  constructor(index: InvertedIndex, { k1, b }: Bm25Parameters, lengthOf: (length: number) => number) {
    this.#index = index;
    const total = index.lengths.reduce((sum, length) => sum + length, 0);
    const average = total / index.ids.length;
    this.#norms = Float64Array.from(index.lengths, (length) => k1 * (1 - b + (b * lengthOf(length)) / average));
    this.#scores = new Float64Array(index.ids.length);
    this.#touched = new Uint32Array(index.ids.length);
  }

  /** The best k passages that share a term with the query, in trec_eval's order. */
  search(terms: readonly string[], k: number): RankedPassage[] {
    const repeats = new Map<number, number>();
    for (const term of terms) {
      const number = this.#index.terms.get(term);
      if (number !== undefined) repeats.set(number, (repeats.get(number) ?? 0) + 1);
    }
    let touched = 0;
    // In order of term numbers, so that equal bags of words give equal sums.
    for (const [term, times] of [...repeats].sort(([a], [b]) => a - b)) touched = this.#add(term, times, touched);
    const top = new TopK(Math.min(k, touched));
    for (let i = 0; i < touched; i++) {
      const passage = this.#touched[i]!;
      top.offer(passage, this.#scores[passage]!);
      this.#scores[passage] = 0;
    }
    return top.drain().map(({ number, score }) => ({ id: this.#index.ids[number]!, score }));
  }

  #add(term: number, times: number, alreadyTouched: number): number {
    const { starts, passages, counts, ids } = this.#index;
    const begin = starts[term]!;
    const end = starts[term + 1]!;
    const n = end - begin;
    const weight = times * Math.log(1 + (ids.length - n + 0.5) / (n + 0.5));
    let touched = alreadyTouched;
    for (let i = begin; i < end; i++) {
      const passage = passages[i]!;
      const count = counts[i]!;
      if (this.#scores[passage] === 0) this.#touched[touched++] = passage;
      this.#scores[passage]! += (weight * count) / (count + this.#norms[passage]!);
    }
    return touched;
  }
}

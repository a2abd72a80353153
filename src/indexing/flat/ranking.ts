/** @file The best passages of one query, scored exactly: float32 scores only choose the candidates. */
import type { RankedPassage } from "../../util/run-table.ts";
import { byScoreThenId } from "../../util/sort.ts";

/** Unit roundoff of float32. */
const U = 2 ** -24;

/**
 * Scores are inner products summed in double precision in index order, so they depend on nothing but the two vectors: not on block
 * borders, threads or the other queries, and equal vectors tie exactly. ONNX Runtime's float32 scores lie within `margin` of them.
 */
export class Ranking {
  readonly query: Float32Array;
  /** |fl(q·p) − q·p| ≤ γ Σ|qᵢpᵢ| ≤ γ |q| |p| with γ = d·u / (1 − d·u) (Higham, Accuracy and Stability, 3.1). */
  readonly #margin: number;
  readonly #k: number;
  /** Best first. */
  readonly #best: RankedPassage[] = [];

  constructor(query: Float32Array, { k, max_norm }: { k: number; max_norm: number }) {
    this.query = query;
    this.#k = k;
    const gamma = (query.length * U) / (1 - query.length * U);
    this.#margin = gamma * Math.sqrt(dot(query, query, 0)) * max_norm;
  }

  /** Float32 scores below this cannot belong to the best k. */
  get threshold(): number {
    return this.#best.length < this.#k ? -Infinity : this.#best.at(-1)!.score - this.#margin;
  }

  /** The vector is `vectors[offset, offset + dimension)`. */
  offer(vectors: Float32Array, offset: number, id: () => string): void {
    const score = dot(this.query, vectors, offset);
    if (this.#best.length === this.#k && score < this.#best.at(-1)!.score) return;
    const entry = { id: id(), score };
    let [low, high] = [0, this.#best.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (byScoreThenId(this.#best[middle]!, entry) <= 0) low = middle + 1;
      else high = middle;
    }
    this.#best.splice(low, 0, entry);
    if (this.#best.length > this.#k) this.#best.pop();
  }

  passages(): RankedPassage[] {
    return this.#best;
  }
}

function dot(query: Float32Array, vectors: Float32Array, offset: number): number {
  let sum = 0;
  for (let i = 0; i < query.length; i++) sum += query[i]! * vectors[offset + i]!;
  return sum;
}

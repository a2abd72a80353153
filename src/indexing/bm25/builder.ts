/** @file Collects passages into an inverted index. The result does not depend on their order. */
import { DataError } from "../../util/errors.ts";
import { GrowingUint32 } from "../../util/growing.ts";
import { compareBytes } from "../../util/sort.ts";
import type { InvertedIndex } from "./inverted-index.ts";

export class InvertedIndexBuilder {
  readonly #ids: string[] = [];
  readonly #lengths = new GrowingUint32();
  readonly #vocabulary = new Map<string, number>();
  // A posting per (term, passage), in the order passages came.
  readonly #terms = new GrowingUint32();
  readonly #passages = new GrowingUint32();
  readonly #counts = new GrowingUint32();

  add(id: string, terms: readonly string[]): void {
    const passage = this.#ids.length;
    this.#ids.push(id);
    this.#lengths.push(terms.length);
    const counts = new Map<number, number>();
    for (const term of terms) {
      const number = this.#vocabulary.get(term) ?? this.#vocabulary.size;
      if (number === this.#vocabulary.size) this.#vocabulary.set(term, number);
      counts.set(number, (counts.get(number) ?? 0) + 1);
    }
    for (const [term, count] of counts) {
      this.#terms.push(term);
      this.#passages.push(passage);
      this.#counts.push(count);
    }
  }

  finish(): InvertedIndex {
    const idOrder = sortedOrder(this.#ids);
    const ids = idOrder.map((old) => this.#ids[old]!);
    const twin = ids.find((id, i) => i > 0 && id === ids[i - 1]);
    if (twin !== undefined) throw new DataError(`passage "${twin}" is there twice; an index holds an id once`);
    const words = [...this.#vocabulary.keys()];
    const termOrder = sortedOrder(words);
    const rankOfPassage = inverse(idOrder);
    const rankOfTerm = inverse(termOrder);
    return {
      ids,
      terms: new Map(termOrder.map((old, rank) => [words[old]!, rank])),
      lengths: Uint32Array.from(idOrder, (old) => this.#lengths.view()[old]!),
      ...this.#sortPostings(rankOfTerm, rankOfPassage),
    };
  }

  /** Two stable counting sorts, by passage and then by term. */
  #sortPostings(rankOfTerm: Uint32Array, rankOfPassage: Uint32Array): Pick<InvertedIndex, "starts" | "passages" | "counts"> {
    const terms = this.#terms.view().map((term) => rankOfTerm[term]!);
    const owners = this.#passages.view().map((passage) => rankOfPassage[passage]!);
    const byPassage = countingOrder(owners, { size: rankOfPassage.length, from: undefined });
    const byTerm = countingOrder(terms, { size: rankOfTerm.length, from: byPassage.order });
    return {
      starts: byTerm.starts,
      passages: byTerm.order.map((posting) => owners[posting]!),
      counts: byTerm.order.map((posting) => this.#counts.view()[posting]!),
    };
  }
}

function sortedOrder(texts: readonly string[]): number[] {
  return [...texts.keys()].sort((a, b) => compareBytes(texts[a]!, texts[b]!));
}

function inverse(order: readonly number[]): Uint32Array {
  const ranks = new Uint32Array(order.length);
  for (const [rank, old] of order.entries()) ranks[old] = rank;
  return ranks;
}

function countingOrder(
  keys: Uint32Array,
  { size, from }: { size: number; from: Uint32Array | undefined },
): { order: Uint32Array; starts: Uint32Array } {
  const starts = new Uint32Array(size + 1);
  for (const key of keys) starts[key + 1]!++;
  for (let key = 0; key < size; key++) starts[key + 1]! += starts[key]!;
  const next = starts.slice();
  const order = new Uint32Array(keys.length);
  for (let i = 0; i < keys.length; i++) {
    const item = from === undefined ? i : from[i]!;
    order[next[keys[item]!]!++] = item;
  }
  return { order, starts };
}

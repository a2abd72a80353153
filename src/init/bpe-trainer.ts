/** @file Byte-pair encoding (arXiv 1508.07909), learned with the counts and tie-breaks of Python's `tokenizers`, so that its merges come out. */
import { BYTE_CHARACTERS } from "../text/byte-level.ts";
import { PairQueue } from "./pair-queue.ts";

export interface BpeOptions {
  /** Special tokens, the 256 bytes, and as many merges as fit. */
  vocab_size: number;
  /** A pair that is seen less often is not merged. */
  min_frequency: number;
  special_tokens: readonly string[];
}

export interface Bpe {
  /** Token of every id: specials, bytes by their characters' code points, then merges. */
  tokens: string[];
  merges: [string, string][];
}

const SHIFT = 2 ** 24;

/** `words` are spelled in the byte-level alphabet. */
export function trainBpe(words: Iterable<[word: string, count: number]>, options: BpeOptions): Bpe {
  const tokens = [...new Set([...options.special_tokens, ...BYTE_CHARACTERS.toSorted()])];
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const symbols: number[][] = [];
  const counts: number[] = [];
  for (const [word, count] of words) {
    symbols.push(Array.from(word, (character) => ids.get(character)!));
    counts.push(count);
  }

  const pairs = new PairCounts();
  symbols.forEach((word, index) => {
    for (let i = 0; i + 1 < word.length; i++) pairs.add(word[i]! * SHIFT + word[i + 1]!, { change: counts[index]!, word: index });
  });
  const queue = new PairQueue();
  pairs.drainInto(queue);

  // A merge's rank is that of the last time its pair was merged: a token that two pairs spell can bring a pair back.
  const merged = new Map<number, number>();
  let rank = 0;
  while (tokens.length < options.vocab_size) {
    const top = queue.pop();
    if (top === undefined) break;
    const now = pairs.count(top.pair);
    if (top.count !== now) {
      if (now > 0) queue.push({ ...top, count: now });
      continue;
    }
    if (top.count < Math.max(1, options.min_frequency)) break;
    const [left, right] = [Math.floor(top.pair / SHIFT), top.pair % SHIFT];
    const token = tokens[left]! + tokens[right]!;
    let id = ids.get(token);
    if (id === undefined) {
      id = tokens.push(token) - 1;
      ids.set(token, id);
    }
    merged.set(top.pair, rank++);
    for (const word of top.words) mergeIn({ symbols: symbols[word]!, left, right, id, word, count: counts[word]!, pairs });
    pairs.drainInto(queue);
  }
  const ordered = [...merged].toSorted(([, a], [, b]) => a - b);
  return { tokens, merges: ordered.map(([pair]) => [tokens[Math.floor(pair / SHIFT)]!, tokens[pair % SHIFT]!]) };
}

/** Replaces the pair from left to right and counts the neighbours it made and unmade, in place. */
function mergeIn(at: { symbols: number[]; left: number; right: number; id: number; word: number; count: number; pairs: PairCounts }): void {
  const { symbols, left, right, id, word, count, pairs } = at;
  let write = 0;
  for (let read = 0; read < symbols.length; write++) {
    if (symbols[read] !== left || symbols[read + 1] !== right) {
      symbols[write] = symbols[read++]!;
      continue;
    }
    read += 2;
    if (write > 0) {
      const before = symbols[write - 1]!;
      pairs.add(before * SHIFT + left, { change: -count, word });
      pairs.add(before * SHIFT + id, { change: count, word });
    }
    symbols[write] = id;
    if (read < symbols.length) {
      const after = symbols[read]!;
      pairs.add(right * SHIFT + after, { change: -count, word });
      pairs.add(id * SHIFT + after, { change: count, word });
    }
  }
  symbols.length = write;
}

/** How often each pair stands side by side, and in which words new ones were seen since the last look. */
class PairCounts {
  readonly #counts = new Map<number, number>();
  readonly #fresh = new Map<number, number[]>();

  count(pair: number): number {
    return this.#counts.get(pair)!;
  }

  add(pair: number, { change, word }: { change: number; word: number }): void {
    this.#counts.set(pair, (this.#counts.get(pair) ?? 0) + change);
    if (change < 0) return;
    const words = this.#fresh.get(pair);
    if (words === undefined) this.#fresh.set(pair, [word]);
    else if (words.at(-1) !== word) words.push(word);
  }

  drainInto(queue: PairQueue): void {
    for (const [pair, words] of this.#fresh) {
      const count = this.#counts.get(pair)!;
      if (count > 0) queue.push({ pair, count, words });
    }
    this.#fresh.clear();
  }
}

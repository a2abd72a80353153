/** @file A set of words that says no quickly: most words share their first and last letter and their length with none of it. */

const SIZE = 1 << 13;

export class WordFilter {
  readonly #seen = new Uint8Array(SIZE);

  constructor(words: Iterable<string>) {
    for (const word of words) this.#seen[place(word, 0, word.length)] = 1;
  }

  /** False: text[from, to) is none of the words. True: it may be one. */
  mayHold(text: string, from: number, to: number): boolean {
    return this.#seen[place(text, from, to)] === 1;
  }
}

function place(text: string, from: number, to: number): number {
  return (text.charCodeAt(from) * 67 + text.charCodeAt(to - 1) * 1031 + (to - from)) & (SIZE - 1);
}

/** @file How often each word occurs: GPT-2's pre-tokenization with a space before the first word of every text. */
import { BYTE_CHARACTERS, BYTE_LEVEL_PATTERN } from "../text/byte-level.ts";
import { splitRuns } from "../text/text-limits.ts";

export class WordCounts {
  readonly #counts = new Map<string, number>();

  /** One text: a passage, a question, a line of a file. */
  add(text: string): void {
    splitRuns(text).forEach((piece, index) => {
      const prefixed = index > 0 || piece.startsWith(" ") ? piece : ` ${piece}`;
      for (const word of prefixed.match(BYTE_LEVEL_PATTERN) ?? []) this.#counts.set(word, (this.#counts.get(word) ?? 0) + 1);
    });
  }

  get size(): number {
    return this.#counts.size;
  }

  /** Words as bytes, written in the byte-level alphabet. */
  *[Symbol.iterator](): Generator<[word: string, count: number]> {
    for (const [word, count] of this.#counts) {
      let spelled = "";
      for (const byte of Buffer.from(word)) spelled += BYTE_CHARACTERS[byte]!;
      yield [spelled, count];
    }
  }
}

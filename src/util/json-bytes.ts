/** @file JSON text as bytes, written in place: for lines so many that the strings in between would cost more than the work. */

const [QUOTE, BACKSLASH, SPACE, DELETE] = [34, 92, 32, 127] as const;
/** A UTF-16 unit takes at most six bytes: \uXXXX. */
const WIDEST = 6;

export class JsonBytes {
  #bytes: Buffer;
  #length = 0;

  constructor(size = 1 << 14) {
    this.#bytes = Buffer.allocUnsafe(size);
  }

  clear(): this {
    this.#length = 0;
    return this;
  }

  /** Text as it is; it must be ASCII. */
  raw(text: string): this {
    const bytes = this.#room(text.length);
    let at = this.#length;
    for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i);
    this.#length = at;
    return this;
  }

  /** A JSON string, as `JSON.stringify` writes it. Half a surrogate pair comes out escaped. */
  string(text: string): this {
    const bytes = this.#room(WIDEST * text.length + 2);
    let at = this.#length;
    bytes[at++] = QUOTE;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit < SPACE || unit >= DELETE || unit === QUOTE || unit === BACKSLASH) {
        this.#length += bytes.write(JSON.stringify(text), this.#length);
        return this;
      }
      bytes[at++] = unit;
    }
    bytes[at++] = QUOTE;
    this.#length = at;
    return this;
  }

  strings(texts: readonly string[]): this {
    this.raw("[");
    for (let i = 0; i < texts.length; i++) {
      if (i > 0) this.raw(",");
      this.string(texts[i]!);
    }
    return this.raw("]");
  }

  /** UTF-8 as it is. */
  bytes(piece: Uint8Array): this {
    this.#room(piece.length).set(piece, this.#length);
    this.#length += piece.length;
    return this;
  }

  /** Valid until the next change. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #room(size: number): Buffer {
    const needed = this.#length + size;
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(2 * needed);
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    return this.#bytes;
  }
}

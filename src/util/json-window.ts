/** @file The part of a JSON file that is in memory: what has not been taken yet, and no more than it needs. */
import { readChunks, type ReadOptions } from "./chunks.ts";
import { DataError } from "./errors.ts";
import { JsonFault, JsonScanner, skipWhite } from "./json-scan.ts";
import { countLines, located, valueOf } from "./json.ts";

export class JsonWindow {
  readonly #path: string;
  readonly #warn: ReadOptions["warn"];
  readonly #chunks: AsyncGenerator<Buffer>;
  readonly #scanner = new JsonScanner();
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #valueEnd = 0;
  #ended = false;
  /** The line of `#counted`, and how many bytes of that line lie before the window. */
  #line = 1;
  #counted = 0;
  #before = 0;

  constructor(path: string, options: ReadOptions) {
    this.#path = path;
    this.#warn = options.warn;
    this.#chunks = readChunks(path, options);
  }

  async open(bracket: string, expected: string): Promise<void> {
    const first = await this.#next();
    if (first === -1) throw new DataError(`the file is empty, expected ${expected}`, { file: this.#path });
    if (first !== bracket.charCodeAt(0)) throw this.#fault(new JsonFault(`expected ${expected}, which begins with '${bracket}'`, this.#at));
    this.#at++;
  }

  /** Steps over the comma between two elements; false behind the last one. */
  async hasNext(bracket: string, index: number): Promise<boolean> {
    const next = await this.#next();
    const close = bracket.charCodeAt(0);
    if (next === close) {
      this.#at++;
      return false;
    }
    if (index > 0) {
      await this.pass(",", ` or '${bracket}'`);
      if ((await this.#next()) === close) throw this.#fault(new JsonFault(`a comma before '${bracket}'`, this.#at));
    }
    return true;
  }

  async pass(char: string, orElse = ""): Promise<void> {
    if ((await this.#next()) !== char.charCodeAt(0))
      throw this.#fault(new JsonFault(`expected '${char}'${orElse}`, this.#at, this.#at === this.#bytes.length));
    this.#at++;
  }

  /** Makes sure that the next value is in memory as a whole. */
  async peek(): Promise<this> {
    await this.#next();
    for (;;) {
      try {
        this.#valueEnd = this.#scanner.scan(this.#bytes, this.#at, this.#bytes.length);
        if (this.#valueEnd < this.#bytes.length || this.#ended) return this;
      } catch (error) {
        if (!(error instanceof JsonFault)) throw error;
        if (!error.torn || this.#ended) throw this.#fault(error);
      }
      await this.#more();
    }
  }

  take(): { value: unknown; line: number } {
    const line = this.#lineHere();
    try {
      const value = valueOf({
        bytes: this.#bytes,
        begin: this.#at,
        end: this.#valueEnd,
        scanner: this.#scanner,
        place: { file: this.#path, line, warn: this.#warn },
      });
      this.#at = this.#valueEnd;
      return { value, line };
    } catch (error) {
      throw error instanceof JsonFault ? this.#fault(error) : error;
    }
  }

  async finish(): Promise<void> {
    if ((await this.#next()) !== -1) throw this.#fault(new JsonFault("more text after the JSON value", this.#at));
  }

  async close(): Promise<void> {
    await this.#chunks.return(undefined);
  }

  /** The next byte that is no white space, -1 at the end. */
  async #next(): Promise<number> {
    for (;;) {
      this.#at = skipWhite(this.#bytes, this.#at, this.#bytes.length);
      if (this.#at < this.#bytes.length) return this.#bytes[this.#at]!;
      if (this.#ended) return -1;
      await this.#more();
    }
  }

  /** Reads at least as much as is waiting: a value of n bytes is scanned log n times, not n times. */
  async #more(): Promise<void> {
    this.#lineHere();
    const lastBreak = this.#at === 0 ? -1 : this.#bytes.lastIndexOf(10, this.#at - 1);
    this.#before = lastBreak === -1 ? this.#before + this.#at : this.#at - lastBreak - 1;
    const waiting = this.#bytes.subarray(this.#at);
    const pieces = [waiting];
    let read = 0;
    while (read <= waiting.length && !this.#ended) {
      const chunk: IteratorResult<Buffer, unknown> = await this.#chunks.next();
      if (chunk.done === true) this.#ended = true;
      else {
        pieces.push(chunk.value);
        read += chunk.value.length;
      }
    }
    this.#bytes = Buffer.concat(pieces);
    this.#at = 0;
    this.#counted = 0;
  }

  #lineHere(): number {
    this.#line += countLines(this.#bytes.subarray(this.#counted, this.#at));
    this.#counted = this.#at;
    return this.#line;
  }

  #fault(fault: JsonFault): DataError {
    const line = this.#line - countLines(this.#bytes.subarray(0, this.#counted));
    return located({
      fault,
      bytes: this.#bytes,
      place: { file: this.#path, line, before: this.#before },
      torn: "the file ends",
    });
  }
}

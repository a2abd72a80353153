/**
 * @file A JSON array of turns whose first key is "Context", the list of everything said before. A turn's context begins with the bytes
 * of the context before it, and they are most of the file: what was scanned and parsed for one turn is not looked at again for the next.
 * The values are those of `readJsonArray`.
 */
import { readChunks, type ReadOptions } from "../src/util/chunks.ts";
import { JsonFault, JsonScanner, skipWhite } from "../src/util/json-scan.ts";
import { readJsonArray } from "../src/util/json-stream.ts";
import { valueOf } from "../src/util/json.ts";

export interface ArrayElement {
  value: unknown;
  line: number;
}

/** All elements that end in one piece of the file at once. */
export async function* readContextArray(file: string, warn?: ReadOptions["warn"]): AsyncGenerator<ArrayElement[]> {
  if (file === "-") {
    for await (const { value, line } of readJsonArray(file, { warn })) yield [{ value, line }];
    return;
  }
  const array = new ContextArray(file, warn);
  try {
    for await (const chunk of readChunks(file)) yield array.take(chunk);
    yield array.finish();
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    // The plain reader meets the same fault and knows how to say where it is.
    for await (const element of readJsonArray(file)) void element;
    throw error;
  }
}

const [OPEN, CLOSE, COMMA, QUOTE] = [91, 93, 44, 34] as const;
const KEY = Buffer.from('"Context"');
const HEAD = Buffer.from('{"Context":[');

type State = "start" | "first" | "element" | "next" | "end";

/** Of the element before: its bytes from `{` to the end of the last string of its context, and that context. */
interface Shared {
  shared: Buffer;
  sharedLines: number;
  context: string[];
}

/** Takes the file piece by piece. */
export class ContextArray {
  readonly #file: string;
  readonly #warn: ReadOptions["warn"];
  readonly #scanner = new JsonScanner();
  readonly #saved = Buffer.alloc(HEAD.length);
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #state: State = "start";
  #ended = false;
  /** A value that did not end is tried again when twice as much is there. */
  #tryFrom = 0;
  #line = 1;
  #counted = 0;
  #last: Shared | undefined;

  constructor(file: string, warn?: ReadOptions["warn"]) {
    this.#file = file;
    this.#warn = warn;
  }

  take(chunk: Buffer): ArrayElement[] {
    this.#countTo(this.#at);
    this.#bytes = this.#at === this.#bytes.length ? chunk : Buffer.concat([this.#bytes.subarray(this.#at), chunk]);
    this.#at = 0;
    this.#counted = 0;
    return this.#bytes.length < this.#tryFrom ? [] : this.#elements();
  }

  finish(): ArrayElement[] {
    this.#ended = true;
    const elements = this.#elements();
    if (this.#state !== "end") throw new JsonFault("the array does not end", this.#bytes.length, true);
    return elements;
  }

  #elements(): ArrayElement[] {
    const elements: ArrayElement[] = [];
    this.#tryFrom = 0;
    for (;;) {
      this.#at = skipWhite(this.#bytes, this.#at, this.#bytes.length);
      if (this.#at === this.#bytes.length) return elements;
      if (this.#state === "first" && this.#bytes[this.#at] !== CLOSE) this.#state = "element";
      if (this.#state !== "element") {
        this.#state = this.#punctuation(this.#bytes[this.#at]!);
        this.#at++;
        continue;
      }
      try {
        elements.push(this.#grown() ?? this.#whole());
        this.#state = "next";
      } catch (error) {
        if (!(error instanceof JsonFault) || !error.torn || this.#ended) throw error;
        this.#tryFrom = 2 * (this.#bytes.length - this.#at);
        return elements;
      }
    }
  }

  #punctuation(byte: number): State {
    if (this.#state === "start" && byte === OPEN) return "first";
    if (this.#state === "next" && byte === COMMA) return "element";
    if ((this.#state === "next" || this.#state === "first") && byte === CLOSE) return "end";
    throw new JsonFault("unexpected byte", this.#at);
  }

  /** An element whose context is the last one's and one exchange more; otherwise undefined. */
  #grown(): ArrayElement | undefined {
    const last = this.#last;
    if (last === undefined) return undefined;
    const bytes = this.#bytes;
    const begin = this.#at;
    const sharedEnd = begin + last.shared.length;
    if (sharedEnd >= bytes.length || bytes.compare(last.shared, 0, last.shared.length, begin, sharedEnd) !== 0) return undefined;
    let added = skipWhite(bytes, sharedEnd, bytes.length);
    if (last.context.length > 0) {
      if (bytes[added] !== COMMA) return undefined;
      added = skipWhite(bytes, added + 1, bytes.length);
    }
    if (bytes[added] !== QUOTE) return undefined;

    const line = this.#countTo(begin);
    // The element as if its context were only what is new: the bytes before it make room for the shorter beginning, and come back.
    const from = added - HEAD.length;
    for (let i = 0; i < HEAD.length; i++) {
      this.#saved[i] = bytes[from + i]!;
      bytes[from + i] = HEAD[i]!;
    }
    let value: { Context: unknown[] };
    let end: number;
    let listEnd: number;
    try {
      listEnd = this.#scanner.scan(bytes, added - 1, bytes.length);
      end = this.#scanner.scan(bytes, from, bytes.length);
      value = this.#valueOf(from, end, line) as { Context: unknown[] };
    } finally {
      for (let i = 0; i < HEAD.length; i++) bytes[from + i] = this.#saved[i]!;
    }
    const [question, response] = value.Context;
    if (value.Context.length !== 2 || typeof question !== "string" || typeof response !== "string") return undefined;
    const context = [...last.context, question, response];
    value.Context = context;
    const sharedTo = lastStringEnd(bytes, listEnd);
    // Lines of the part that was not looked at are known from before.
    const sharedLines = last.sharedLines + linesIn(bytes, sharedEnd, sharedTo);
    this.#line += sharedLines;
    this.#counted = sharedTo;
    this.#last = { shared: bytes.subarray(begin, sharedTo), sharedLines, context };
    this.#at = end;
    return { value, line };
  }

  #whole(): ArrayElement {
    const begin = this.#at;
    const end = this.#scanner.scan(this.#bytes, begin, this.#bytes.length);
    // A number may go on in the next piece.
    if (end === this.#bytes.length && !this.#ended) throw new JsonFault("may not be whole", end, true);
    const line = this.#countTo(begin);
    const value = this.#valueOf(begin, end, line);
    this.#last = this.#contextOf(value, begin, end);
    this.#at = end;
    return { value, line };
  }

  #contextOf(value: unknown, begin: number, end: number): Shared | undefined {
    const bytes = this.#bytes;
    if (typeof value !== "object" || value === null || !("Context" in value) || !Array.isArray(value.Context)) return undefined;
    const context: unknown[] = value.Context;
    if (!context.every((text) => typeof text === "string")) return undefined;
    const key = skipWhite(bytes, begin + 1, end);
    if (!bytes.subarray(key, key + KEY.length).equals(KEY)) return undefined;
    const colon = skipWhite(bytes, key + KEY.length, end);
    const list = skipWhite(bytes, colon + 1, end);
    const to = context.length === 0 ? list + 1 : lastStringEnd(bytes, this.#scanner.scan(bytes, list, end));
    const shared = bytes.subarray(begin, to);
    return { shared, sharedLines: linesIn(shared, 0, shared.length), context };
  }

  #valueOf(begin: number, end: number, line: number): unknown {
    return valueOf({ bytes: this.#bytes, begin, end, scanner: this.#scanner, place: { file: this.#file, line, warn: this.#warn } });
  }

  #countTo(at: number): number {
    this.#line += linesIn(this.#bytes, this.#counted, at);
    this.#counted = at;
    return this.#line;
  }
}

/** Behind the last string of a list of strings that ends at `listEnd`. */
function lastStringEnd(bytes: Buffer, listEnd: number): number {
  let at = listEnd;
  while (bytes[at - 1] !== QUOTE) at--;
  return at;
}

/** For some hundred bytes a loop is faster than calls that search for the next one. */
function linesIn(bytes: Buffer, from: number, to: number): number {
  let lines = 0;
  for (let at = from; at < to; at++) if (bytes[at] === 10) lines++;
  return lines;
}

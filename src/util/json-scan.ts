/**
 * @file A strict JSON scanner over bytes (RFC 8259): finds where a value ends, and refuses what `JSON.parse` lets pass in silence:
 * repeated keys, integers and numbers that a double cannot hold, nesting that `JSON.stringify` could not write again.
 */
import { KeyTable } from "./json-keys.ts";

export const MAX_DEPTH = 512;

/** Why the bytes are not JSON. `torn`: they may only have been cut off. */
export class JsonFault extends Error {
  readonly at: number;
  readonly torn: boolean;
  constructor(message: string, at: number, torn = false) {
    super(message);
    this.at = at;
    this.torn = torn;
  }
}

const [QUOTE, COMMA, COLON, MINUS, PLUS, DOT, ZERO, BACKSLASH] = [34, 44, 58, 45, 43, 46, 48, 92] as const;
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [91, 93, 123, 125] as const;

/** 1: this byte needs a look inside a string (quote, backslash, control character). */
const STOPS = Uint8Array.from({ length: 256 }, (_, byte) => (byte < 32 || byte === QUOTE || byte === BACKSLASH ? 1 : 0));
const ESCAPES = new Set([...'"\\/bfnrt'].map((char) => char.charCodeAt(0)));
const LITERALS = new Map(["true", "false", "null"].map((word) => [word.charCodeAt(0), Buffer.from(word)]));

export class JsonScanner {
  /** Of the value scanned last: are all its bytes ASCII (outside strings they must be); how many escaped lone surrogates has it. */
  ascii = true;
  loneSurrogates = 0;
  readonly #keys = new KeyTable();
  /** The containers around the current byte: an object's number, 0 for a list. */
  readonly #open = new Int32Array(MAX_DEPTH + 1);
  #bytes: Buffer = Buffer.alloc(0);
  #end = 0;
  #escaped = false;

  /** The offset behind the value that starts at `begin`, white space before it allowed. */
  scan(bytes: Buffer, begin: number, end: number): number {
    this.#bytes = bytes;
    this.#end = end;
    this.ascii = true;
    this.loneSurrogates = 0;
    this.#keys.startValue();
    const open = this.#open;
    let depth = 0;
    let i = this.#skipWhite(begin);
    for (;;) {
      const first = i < end ? bytes[i]! : -1;
      if (first === QUOTE) i = this.#string(i);
      else if (first === OPEN_OBJECT || first === OPEN_LIST) {
        if (depth === MAX_DEPTH) throw new JsonFault(`nested deeper than ${MAX_DEPTH} levels`, i);
        open[++depth] = first === OPEN_OBJECT ? this.#keys.openObject() : 0;
        i = this.#skipWhite(i + 1);
        if (i < end && bytes[i] === first + 2) {
          depth--;
          i++;
        } else {
          if (first === OPEN_OBJECT) i = this.#key(i, open[depth]!, "a key or '}'");
          continue;
        }
      } else i = this.#scalar(i, first);

      for (;;) {
        if (depth === 0) return i;
        i = this.#skipWhite(i);
        const next = i < end ? bytes[i]! : -1;
        const object = open[depth]!;
        if (next === COMMA) {
          i = this.#skipWhite(i + 1);
          if (object !== 0) i = this.#key(i, object, "a key");
          break;
        }
        if (next !== (object === 0 ? CLOSE_LIST : CLOSE_OBJECT)) throw this.#unexpected(i, object === 0 ? "',' or ']'" : "',' or '}'");
        depth--;
        i++;
      }
    }
  }

  #skipWhite(i: number): number {
    return skipWhite(this.#bytes, i, this.#end);
  }

  /** `"key" :`, and the white space behind it. */
  #key(begin: number, object: number, expected: string): number {
    const bytes = this.#bytes;
    if (begin >= this.#end || bytes[begin] !== QUOTE) throw this.#unexpected(begin, expected);
    const lone = this.loneSurrogates;
    const end = this.#string(begin);
    if (this.loneSurrogates > lone) throw new JsonFault("a key holds half a surrogate pair", begin);
    if (!this.#keys.add({ bytes, object, begin: begin + 1, end: end - 1, escaped: this.#escaped })) {
      throw new JsonFault(`the key ${bytes.toString("utf8", begin, end)} is there twice in one object`, begin);
    }
    const colon = this.#skipWhite(end);
    if (colon >= this.#end || bytes[colon] !== COLON) throw this.#unexpected(colon, "':'");
    return this.#skipWhite(colon + 1);
  }

  #string(begin: number): number {
    const bytes = this.#bytes;
    const end = this.#end;
    let seen = 0;
    let i = begin + 1;
    this.#escaped = false;
    for (;;) {
      for (; i < end; i++) {
        const byte = bytes[i]!;
        if (STOPS[byte] !== 0) break;
        seen |= byte;
      }
      if (i >= end) throw this.#unexpected(i, "'\"'");
      if (bytes[i] === QUOTE) break;
      if (bytes[i] !== BACKSLASH) throw this.#unexpected(i, "an escape for it (a string may hold no raw control character)");
      this.#escaped = true;
      i = this.#escape(i);
    }
    if (seen >= 128) this.ascii = false;
    return i + 1;
  }

  #escape(i: number): number {
    if (ESCAPES.has(this.#bytes[i + 1]!) && i + 1 < this.#end) return i + 2;
    const unit = this.#unit(i);
    if (unit < 0xd800 || unit > 0xdfff) return i + 6;
    const paired = unit < 0xdc00 && this.#bytes[i + 6] === BACKSLASH && this.#bytes[i + 7] === 117 && i + 7 < this.#end;
    const low = paired ? this.#unit(i + 6) : 0;
    if (low >= 0xdc00 && low <= 0xdfff) return i + 12;
    this.loneSurrogates++;
    return i + 6;
  }

  /** The code unit of `\uXXXX`. */
  #unit(i: number): number {
    if (i + 1 >= this.#end) throw this.#unexpected(i + 1, "an escape");
    const digits = this.#bytes.toString("latin1", i + 2, Math.min(i + 6, this.#end));
    if (this.#bytes[i + 1] !== 117 || !/^[0-9a-fA-F]*$/.test(digits)) throw new JsonFault("a bad escape in a string", i);
    if (digits.length < 4) throw this.#unexpected(this.#end, "four hexadecimal digits");
    return Number.parseInt(digits, 16);
  }

  #scalar(i: number, first: number): number {
    const word = LITERALS.get(first);
    if (word === undefined) return this.#number(i);
    for (let k = 1; k < word.length; k++) {
      if (i + k >= this.#end || this.#bytes[i + k] !== word[k]) throw this.#unexpected(i + k, `'${word.toString()}'`);
    }
    return i + word.length;
  }

  #number(begin: number): number {
    const bytes = this.#bytes;
    const end = this.#end;
    let i = begin;
    if (i < end && bytes[i] === MINUS) i++;
    const digits = i;
    i = i < end && bytes[i] === ZERO ? i + 1 : this.#digits(i, i === begin ? "a value" : "a digit");
    let whole = true;
    if (i < end && bytes[i] === DOT) {
      i = this.#digits(i + 1, "a digit");
      whole = false;
    }
    if (i < end && (bytes[i]! | 32) === 101) {
      i = this.#digits(i + 1 < end && (bytes[i + 1] === PLUS || bytes[i + 1] === MINUS) ? i + 2 : i + 1, "a digit");
      whole = false;
    }
    if (i - digits > 15 || !whole) {
      const value = Number(bytes.toString("latin1", begin, i));
      if (!Number.isFinite(value)) throw new JsonFault("a number too large for a double", begin);
      if (whole && !Number.isSafeInteger(value))
        throw new JsonFault("an integer beyond 2^53 would be rounded; write it as a string", begin);
    }
    return i;
  }

  #digits(begin: number, expected: string): number {
    const bytes = this.#bytes;
    let i = begin;
    while (i < this.#end && bytes[i]! >= 48 && bytes[i]! <= 57) i++;
    if (i === begin) throw this.#unexpected(i, expected);
    return i;
  }

  #unexpected(at: number, expected: string): JsonFault {
    if (at >= this.#end) return new JsonFault(`expected ${expected}`, this.#end, true);
    return new JsonFault(`expected ${expected}, found ${shown(this.#bytes, at)}`, at);
  }
}

export function skipWhite(bytes: Buffer, begin: number, end: number): number {
  let i = begin;
  while (i < end && bytes[i]! <= 32 && (bytes[i] === 32 || bytes[i] === 10 || bytes[i] === 13 || bytes[i] === 9)) i++;
  return i;
}

function shown(bytes: Buffer, at: number): string {
  const byte = bytes[at]!;
  return byte > 32 && byte < 127 ? `'${String.fromCharCode(byte)}'` : `byte 0x${byte.toString(16).padStart(2, "0")}`;
}

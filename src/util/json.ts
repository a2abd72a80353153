/** @file JSON in and out, strictly: what is read is exactly what was written, and what is written can be read again. */
import { isUtf8 } from "node:buffer";
import { toUSVString } from "node:util";
import { ENCODINGS, encodingOf } from "./encodings.ts";
import { DataError } from "./errors.ts";
import { JsonFault, JsonScanner, MAX_DEPTH, skipWhite } from "./json-scan.ts";

export interface Place {
  file: string;
  line?: number | undefined;
  /** Bytes of the first line that were cut off before the text at hand. */
  before?: number | undefined;
  /** Told of what was repaired: a lone surrogate becomes U+FFFD. */
  warn?: ((message: string) => void) | undefined;
}

const scanner = new JsonScanner();
const HALF_PAIR = "half a surrogate pair";

/** The value of one whole JSON text. Throws `DataError` with file, line and byte. Keys such as `__proto__` become own properties. */
export function parseJson(source: Uint8Array | string, place: Place): unknown {
  const bytes = typeof source === "string" ? encode(source, place) : Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  return parseWhole({ bytes, place, torn: "the file ends" });
}

/** `torn`: what to say of bytes that stop too early. */
export function parseWhole({ bytes, place, torn }: { bytes: Buffer; place: Place; torn: string }): unknown {
  try {
    const end = scanner.scan(bytes, 0, bytes.length);
    const rest = skipWhite(bytes, end, bytes.length);
    if (rest < bytes.length) throw new JsonFault("more text after the JSON value", rest);
    return valueOf({ bytes, begin: 0, end, scanner, place });
  } catch (error) {
    throw error instanceof JsonFault ? located({ fault: error, bytes, place, torn }) : error;
  }
}

/** The value between two offsets that `scanner` has just scanned. */
export function valueOf(scanned: { bytes: Buffer; begin: number; end: number; scanner: JsonScanner; place: Place }): unknown {
  const { bytes, begin, end, place } = scanned;
  if (!scanned.scanner.ascii && !isUtf8(bytes.subarray(begin, end))) throw new JsonFault("not UTF-8", firstBadByte(bytes, begin, end));
  const value: unknown = JSON.parse(bytes.toString(scanned.scanner.ascii ? "latin1" : "utf8", begin, end));
  if (scanned.scanner.loneSurrogates === 0) return value;
  place.warn?.(new DataError(`${HALF_PAIR} in a string, replaced by U+FFFD`, place).message);
  return wellFormed(value);
}

/** One line, no spaces, keys in insertion order. Throws `TypeError` for what JSON cannot hold: NaN, undefined, a lone surrogate, a Date. */
export function stringify(value: unknown): string {
  const flaw = flawOf(value, 0);
  if (flaw !== undefined) throw new TypeError(`JSON cannot hold ${flaw.what}${flaw.path === "" ? "" : ` (at ${flaw.path})`}`);
  const text = JSON.stringify(value);
  return /\d{16}/.test(text) && hasWideInteger(value) ? written(value) : text;
}

/** The fault with its line and its byte within that line. */
export function located(at: { fault: JsonFault; bytes: Buffer; place: Place; torn: string }): DataError {
  const { fault, bytes, place } = at;
  const before = bytes.subarray(0, fault.at);
  const lines = countLines(before);
  const line = (place.line ?? 1) + lines;
  const column = fault.at - before.lastIndexOf(10) + (lines === 0 ? (place.before ?? 0) : 0);
  const foreign = encodingOf(bytes);
  const what = fault.torn ? `${at.torn} inside a JSON value: ${fault.message}` : `byte ${column}: ${fault.message}`;
  return new DataError(foreign === undefined ? what : `${what} (${ENCODINGS[foreign]})`, { file: place.file, line });
}

export function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) lines++;
  return lines;
}

function encode(text: string, place: Place): Buffer {
  if (toUSVString(text) !== text) throw new DataError(`${HALF_PAIR} in the text`, place);
  return Buffer.from(text);
}

/** Decoding puts EF BF BD where a bad byte is: the first difference is the place. */
function firstBadByte(bytes: Buffer, begin: number, end: number): number {
  const decoded = Buffer.from(bytes.toString("utf8", begin, end));
  let i = 0;
  while (decoded[i] === bytes[begin + i] && begin + i < end) i++;
  return begin + i;
}

function wellFormed(value: unknown): unknown {
  if (typeof value === "string") return toUSVString(value);
  if (Array.isArray(value)) return value.map(wellFormed);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, wellFormed(member)]));
}

/** `JSON.stringify` writes 1e20 as an integer literal, which a strict reader must refuse: such numbers get an exponent. */
function isWide(value: number): boolean {
  return Number.isInteger(value) && !Number.isSafeInteger(value);
}

function hasWideInteger(value: unknown): boolean {
  if (typeof value === "number") return isWide(value);
  return typeof value === "object" && value !== null && Object.values(value).some(hasWideInteger);
}

function written(value: unknown): string {
  if (typeof value === "number" && isWide(value)) return value.toExponential();
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(written).join()}]`;
  return `{${Object.entries(value)
    .map(([key, member]) => `${JSON.stringify(key)}:${written(member)}`)
    .join()}}`;
}

interface Flaw {
  what: string;
  path: string;
}

function flawOf(value: unknown, depth: number): Flaw | undefined {
  if (typeof value === "string") return toUSVString(value) === value ? undefined : { what: HALF_PAIR, path: "" };
  if (typeof value === "number") return Number.isFinite(value) ? undefined : { what: String(value), path: "" };
  if (value === null || typeof value === "boolean") return undefined;
  if (typeof value !== "object") return { what: typeof value, path: "" };
  if (depth === MAX_DEPTH) return { what: `nesting deeper than ${MAX_DEPTH} levels`, path: "" };
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const flaw = flawOf(value[i], depth + 1);
      if (flaw !== undefined) return { what: flaw.what, path: `[${i}]${flaw.path}` };
    }
    return undefined;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return { what: `a ${value.constructor.name}`, path: "" };
  for (const key of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[key];
    const flaw = toUSVString(key) === key ? flawOf(member, depth + 1) : { what: HALF_PAIR, path: "" };
    if (flaw !== undefined) return { what: flaw.what, path: `.${key}${flaw.path}` };
  }
  return undefined;
}

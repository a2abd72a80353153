/** @file safetensors, strictly: the header is proved sound before anything is allocated from it. */
import { open, rename, rm } from "node:fs/promises";
import { DataError } from "../util/errors.ts";
import { inputError, ioError } from "../util/io-errors.ts";
import { parseJson, stringify } from "../util/json.ts";
import { DTYPE_BITS } from "./dtypes.ts";

/** The reference implementation's own limit. */
const MAX_HEADER = 100_000_000;
const PIECE = 1 << 26;

export interface TensorEntry {
  dtype: string;
  shape: number[];
  /** Absolute offsets in the file: [begin, end). */
  begin: number;
  end: number;
}

export interface SafetensorsHeader {
  tensors: Map<string, TensorEntry>;
  metadata: Record<string, string>;
}

export interface TensorToWrite {
  name: string;
  /** Any the format knows in whole bytes. */
  dtype: string;
  shape: readonly number[];
  /** Little-endian; a function is called when its turn comes, so that only one tensor is in memory. */
  data: Uint8Array | (() => Uint8Array);
}

/** Throws `DataError` unless every byte after the header belongs to exactly one well-described tensor. */
export async function readSafetensorsHeader(path: string): Promise<SafetensorsHeader> {
  const { header, size } = await readHeaderBytes(path);
  return checkHeader({ header, size, file: path });
}

/** Same bytes for the same tensors, whatever their order: widest type first, then by name, as the Python library sorts. */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<TensorToWrite>,
  metadata: Record<string, string> = {},
): Promise<void> {
  const sorted = [...tensors].sort((a, b) => width(b.dtype) - width(a.dtype) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const header = headerOf(sorted, metadata);
  const draft = `${path}.writing`;
  try {
    const file = await open(draft, "w");
    try {
      await writeAll(file, header);
      for (const tensor of sorted) await writeAll(file, bytesOf(tensor));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw ioError(error, path, "write");
  }
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

async function readHeaderBytes(path: string): Promise<{ header: Buffer; size: number }> {
  try {
    const file = await open(path, "r");
    try {
      const { size } = await file.stat();
      const prefix = Buffer.alloc(8);
      if (size < 8 || (await file.read(prefix, 0, 8, 0)).bytesRead < 8) throw bad(path, `${size} bytes, a safetensors file has at least 8`);
      const length = prefix.readBigUInt64LE();
      const limit = Math.min(MAX_HEADER, size - 8);
      if (length > BigInt(limit)) {
        throw bad(
          path,
          `the header claims ${length} bytes, at most ${limit} are possible in a file of ${size} (cut short, or no safetensors file?)`,
        );
      }
      const header = Buffer.alloc(Number(length));
      const { bytesRead } = await file.read(header, 0, header.length, 8);
      if (bytesRead < header.length) throw bad(path, "the file shrank while it was read");
      return { header, size };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw inputError(error, path);
  }
}

function checkHeader({ header, size, file }: { header: Buffer; size: number; file: string }): SafetensorsHeader {
  const parsed = parseJson(header, { file });
  if (!isObject(parsed)) throw bad(file, "the header is not a JSON object");
  // 16 written as 1.6e1 is an integer to JSON.parse and none to the reference reader; strings are cut out first.
  const odd = /[\d.][.eE]|-/.exec(header.toString("utf8").replace(/"(?:[^"\\]|\\.)*"/gs, '""'));
  if (odd !== null) throw bad(file, "a number in the header is not a plain unsigned integer");
  const metadata = metadataOf(parsed["__metadata__"], file);
  const base = 8 + header.length;
  const entries = Object.entries(parsed).filter(([name]) => name !== "__metadata__");
  const tensors = new Map(entries.map(([name, info]) => [name, entryOf({ name, info, base, size, file })]));
  checkTiling({ tensors, base, size, file });
  return { tensors, metadata };
}

function metadataOf(value: unknown, file: string): Record<string, string> {
  if (value === undefined) return {};
  if (!isObject(value)) throw bad(file, "__metadata__ is not an object");
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") throw bad(file, `__metadata__ "${key}" is not a string`);
  }
  return value as Record<string, string>;
}

function entryOf({ name, info, base, size, file }: { name: string; info: unknown; base: number; size: number; file: string }): TensorEntry {
  const where = `tensor "${name}"`;
  if (!isObject(info)) throw bad(file, `${where} is not described by an object`);
  const unknown = Object.keys(info).find((key) => !["dtype", "shape", "data_offsets"].includes(key));
  if (unknown !== undefined) throw bad(file, `${where} has an unknown key "${unknown}"`);
  const { dtype, shape, data_offsets: offsets } = info;
  const bits = typeof dtype === "string" ? DTYPE_BITS.get(dtype) : undefined;
  if (typeof dtype !== "string" || bits === undefined) throw bad(file, `${where} has the unknown dtype ${JSON.stringify(dtype)}`);
  if (!isSizes(shape)) throw bad(file, `${where} has no valid shape`);
  if (!isSizes(offsets) || offsets.length !== 2) throw bad(file, `${where} has no valid data_offsets`);
  const [begin, end] = offsets as [number, number];
  if (end < begin || base + end > size) throw bad(file, `${where} lies at ${begin}..${end}, the file holds 0..${size - base} (cut short?)`);
  const needed = (elementCount(shape) * bits) / 8;
  if (!Number.isSafeInteger(needed) || needed !== end - begin) {
    throw bad(file, `${where} is ${dtype} [${shape.join(", ")}], which needs ${needed} bytes, but ${end - begin} are given`);
  }
  return { dtype, shape, begin: base + begin, end: base + end };
}

/** No overlap, no hole, nothing after the last tensor. */
function checkTiling({ tensors, base, size, file }: { tensors: Map<string, TensorEntry>; base: number; size: number; file: string }): void {
  let at = base;
  for (const [name, { begin, end }] of [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at) throw bad(file, `${begin < at ? "an overlap" : "a hole"} before tensor "${name}"`);
    at = end;
  }
  if (at !== size) throw bad(file, `${size - at} bytes belong to no tensor`);
}

function headerOf(tensors: readonly TensorToWrite[], metadata: Record<string, string>): Buffer {
  const described: [string, unknown][] = Object.keys(metadata).length === 0 ? [] : [["__metadata__", metadata]];
  const names = new Set<string>();
  let at = 0;
  for (const { name, dtype, shape } of tensors) {
    if (names.has(name) || name === "__metadata__") throw new TypeError(`tensor name "${name}" cannot be written twice or at all`);
    names.add(name);
    const end = at + elementCount(shape) * width(dtype);
    described.push([name, { dtype, shape, data_offsets: [at, end] }]);
    at = end;
  }
  const json = Buffer.from(stringify(Object.fromEntries(described)));
  // Spaces up to a multiple of 8 keep every tensor aligned in a mapped file.
  const padded = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, " ");
  padded.writeBigUInt64LE(BigInt(padded.length - 8));
  json.copy(padded, 8);
  return padded;
}

function bytesOf({ name, dtype, shape, data }: TensorToWrite): Uint8Array {
  const bytes = typeof data === "function" ? data() : data;
  const needed = elementCount(shape) * width(dtype);
  if (bytes.byteLength !== needed)
    throw new TypeError(`tensor "${name}" [${shape.join(", ")}] has ${bytes.byteLength} bytes, not ${needed}`);
  return bytes;
}

async function writeAll(
  file: { write(b: Uint8Array, o: number, n: number): Promise<{ bytesWritten: number }> },
  bytes: Uint8Array,
): Promise<void> {
  for (let at = 0; at < bytes.byteLength;) {
    const { bytesWritten } = await file.write(bytes, at, Math.min(PIECE, bytes.byteLength - at));
    at += bytesWritten;
  }
}

function width(dtype: string): number {
  return DTYPE_BITS.get(dtype)! / 8;
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function bad(file: string, message: string): DataError {
  return new DataError(message, { file });
}

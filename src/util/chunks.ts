/** @file The bytes of an input in pieces: a file, a `.gz` file, or `-` for standard input; a byte order mark at the start is dropped. */
import { closeSync, createReadStream, openSync, readSync, statSync } from "node:fs";
import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { createGunzip } from "node:zlib";
import { ENCODINGS, encodingOf } from "./encodings.ts";
import { DataError } from "./errors.ts";
import { inputError } from "./io-errors.ts";
import { isPipe, pipeAt } from "./pipe.ts";

export interface ReadOptions {
  /** Told of repairs and of what was skipped. */
  warn?: ((message: string) => void) | undefined;
  /** Told of a bad line or record instead of an error at the first one: reading goes on behind it, wherever the file allows that. */
  problem?: Problem | undefined;
  /** How much is read at once; no result depends on it. */
  chunkBytes?: number | undefined;
  /** A piece need be valid only until the next one is asked for: a file is read into the same memory again. */
  reuse?: boolean | undefined;
}

export type Problem = (error: DataError) => void;

/** For those who want to know all that is wrong: told, else thrown. */
export function refuse(error: DataError, { problem }: ReadOptions): void {
  if (problem === undefined) throw error;
  problem(error);
}

/** So often signals and timers get their turn while a file is read. */
const BREATH = 1 << 22;

export async function* readChunks(path: string, { chunkBytes = 1 << 18, reuse = false }: ReadOptions = {}): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of isPlainFile(path) ? readFile(path, { chunkBytes, reuse }) : readStream(path, chunkBytes)) {
    if (head === undefined) {
      yield chunk;
      continue;
    }
    head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
    if (head.length < 3) continue;
    yield* withoutMark(head, path);
    head = undefined;
  }
  if (head !== undefined && head.length > 0) yield* withoutMark(head, path);
}

/** Whether the first sign of `path` is a brace. */
export async function holdsJson(path: string): Promise<boolean> {
  for await (const chunk of readChunks(path)) {
    const first = chunk.find((byte) => byte !== 32 && byte !== 9 && byte !== 10 && byte !== 13);
    if (first !== undefined) return first === 0x7b;
  }
  return false;
}

function isPlainFile(path: string): boolean {
  // A directory, or nothing at all: opening it says best what is wrong.
  return !path.endsWith(".gz") && !isPipe(path);
}

/** How many bytes will be read, where that is known before. */
export function plainSize(path: string): number | undefined {
  if (path === "-" || path.endsWith(".gz")) return undefined;
  const stat = readAttempt(path, () => statSync(path));
  return stat.isFile() ? stat.size : undefined;
}

/** Reads in this thread: asking another one for each piece takes longer than the copy from the page cache, the more so on a busy machine. */
async function* readFile(path: string, { chunkBytes, reuse }: { chunkBytes: number; reuse: boolean }): AsyncGenerator<Buffer> {
  const file = readAttempt(path, () => openSync(path, "r"));
  try {
    const memory = reuse ? Buffer.allocUnsafeSlow(chunkBytes) : undefined;
    for (let since = 0; ;) {
      const chunk = memory ?? Buffer.allocUnsafeSlow(chunkBytes);
      const read = readAttempt(path, () => readSync(file, chunk));
      if (read === 0) return;
      yield chunk.subarray(0, read);
      since += read;
      if (since < BREATH) continue;
      since = 0;
      await setImmediate();
    }
  } finally {
    closeSync(file);
  }
}

function readAttempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw inputError(error, path);
  }
}

async function* readStream(path: string, chunkBytes: number): AsyncGenerator<Buffer> {
  try {
    if (!path.endsWith(".gz")) yield* pipeAt(path).read();
    else
      yield* unpacked(
        isPipe(path) ? Readable.from(pipeAt(path).read()) : createReadStream(path, { highWaterMark: chunkBytes }),
        chunkBytes,
      );
  } catch (error) {
    if (isZlibError(error))
      throw new DataError(`damaged or unfinished gzip (${(error as Error).message})`, { file: path }, { cause: error });
    throw inputError(error, path);
  }
}

async function* unpacked(file: Readable, chunkBytes: number): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: Math.max(chunkBytes, 64) });
  file.on("error", (error) => gunzip.destroy(error)).pipe(gunzip);
  try {
    yield* gunzip as AsyncIterable<Buffer>;
  } finally {
    file.destroy();
    gunzip.destroy();
  }
}

/** Nothing where there is nothing but the mark: no piece is empty. */
function withoutMark(head: Buffer, path: string): [Buffer] | [] {
  const encoding = encodingOf(head);
  if (encoding !== undefined && encoding !== "mark") throw new DataError(`not UTF-8 text: ${ENCODINGS[encoding]}`, { file: path, line: 1 });
  const text = encoding === "mark" ? head.subarray(3) : head;
  return text.length === 0 ? [] : [text];
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && error.code.startsWith("Z_");
}

/** @file The lines of an input. Only LF and CRLF end a line; U+2028 inside a string does not. */
import { isUtf8 } from "node:buffer";
import { type ReadOptions, readChunks, refuse } from "./chunks.ts";
import { ENCODINGS, encodingOf } from "./encodings.ts";
import { DataError } from "./errors.ts";

/** A line is held about four times while it is parsed: this keeps a reader near 200 MB at the worst. */
export const MAX_LINE = 32 << 20;
const [LF, CR] = [10, 13] as const;

export interface LineOfBytes {
  /** Without its line end; valid until the next one is asked for. */
  bytes: Buffer;
  line: number;
  /** A line end was there: the line cannot have been torn off. */
  ended: boolean;
}

/** The lines of `path` as text. One without any is refused unless `allowEmpty`. */
export async function* readLines(
  path: string,
  options: ReadOptions & { allowEmpty?: boolean } = {},
): AsyncGenerator<{ text: string; line: number }> {
  let lines = 0;
  for await (const batch of readLineBatches(path, options)) {
    lines += batch.length;
    for (const { bytes, line } of batch) {
      const fault = faultOf(bytes);
      if (fault === undefined) yield { text: bytes.toString("utf8"), line };
      else refuse(new DataError(fault, { file: path, line }), options);
    }
  }
  if (lines === 0 && options.allowEmpty !== true) refuse(new DataError("0 records: the file is empty", { file: path }), options);
}

/** Why a line is no text. Two files joined leave a byte order mark in the middle, where it would become part of an id. */
export function faultOf(bytes: Uint8Array): string | undefined {
  if (!isUtf8(bytes)) return "not UTF-8; save the file as UTF-8";
  return encodingOf(bytes) === "mark" ? ENCODINGS.mark : undefined;
}

export function tooLong({ path, line }: { path: string; line: number }): DataError {
  return new DataError(`longer than ${MAX_LINE >> 20} MiB: is this a file of lines?`, { file: path, line });
}

/** All lines that end in one piece of the input, at once: an asynchronous step per line would cost more than reading it. */
export async function* readLineBatches(path: string, options: ReadOptions = {}): AsyncGenerator<LineOfBytes[]> {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let line = 0;
  for await (const chunk of readChunks(path, options)) {
    const batch: LineOfBytes[] = [];
    let begin = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, begin)) {
      const piece = chunk.subarray(begin, end);
      const bytes = pending.length === 0 ? piece : Buffer.concat([...pending, piece]);
      if (pending.length > 0) pending = [];
      batch.push({ bytes: bytes.at(-1) === CR ? bytes.subarray(0, -1) : bytes, line: ++line, ended: true });
      begin = end + 1;
    }
    pendingBytes = begin === 0 ? pendingBytes + chunk.length : chunk.length - begin;
    if (pendingBytes > MAX_LINE) throw tooLong({ path, line: line + 1 });
    if (begin < chunk.length) pending.push(chunk.subarray(begin));
    if (batch.length > 0) yield batch;
  }
  if (pending.length > 0) yield [{ bytes: Buffer.concat(pending), line: line + 1, ended: false }];
}

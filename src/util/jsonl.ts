/** @file JSON lines: one object per line, read strictly and checked by a schema, written by one writer that checks every write. */
import type { ZodType } from "zod";
import type { ReadOptions } from "./chunks.ts";
import { encodingOf } from "./encodings.ts";
import { DataError } from "./errors.ts";
import { type Place, parseWhole } from "./json.ts";
import { type LineOfBytes, readLineBatches } from "./lines.ts";

export { JsonlWriter } from "./jsonl-writer.ts";
export { readLines } from "./lines.ts";

export interface JsonlOptions<T> extends ReadOptions {
  /** What must not repeat: an error names both lines. Keeps every id in memory. */
  unique?: ((record: T) => string) | undefined;
  /** A file without records is an error unless this is set. */
  allowEmpty?: boolean | undefined;
}

/** The records of `path` (`.gz` and `-` too). Throws `DataError` at the first bad line. */
export async function* readJsonl<T>(path: string, schema: ZodType<T>, options: JsonlOptions<T> = {}): AsyncGenerator<T> {
  const lines = new Map<string, number>();
  let rows = 0;
  let blank = 0;
  for await (const batch of readLineBatches(path, options)) {
    for (const source of batch) {
      if (isBlank(source.bytes)) {
        blank++;
        continue;
      }
      const record = parseRecord({ source, schema, path, warn: options.warn });
      if (options.unique !== undefined) {
        const id = options.unique(record);
        const earlier = lines.get(id);
        if (earlier !== undefined)
          throw new DataError(`the id ${JSON.stringify(id)} is in line ${earlier} already`, { file: path, line: source.line });
        lines.set(id, source.line);
      }
      rows++;
      yield record;
    }
  }
  if (rows === 0 && options.allowEmpty !== true) throw new DataError("0 records: the file is empty", { file: path });
  if (blank > 0) options.warn?.(`${path}: ${blank} blank ${blank === 1 ? "line" : "lines"} skipped`);
}

/** Every line of `path`, the bad ones too: a record, or what is wrong with the line, its place included. For those who want to know all of it. */
export async function* checkJsonl<T>(path: string, schema: ZodType<T>): AsyncGenerator<{ line: number; record?: T; problem?: string }> {
  for await (const batch of readLineBatches(path)) {
    for (const source of batch) {
      if (isBlank(source.bytes)) continue;
      const { line } = source;
      try {
        yield { line, record: parseRecord({ source, schema, path, warn: undefined }) };
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        yield { line, problem: error.message };
      }
    }
  }
}

function parseRecord<T>(from: { source: LineOfBytes; schema: ZodType<T>; path: string; warn: JsonlOptions<T>["warn"] }): T {
  const { line } = from.source;
  const place = { file: from.path, line, warn: from.warn };
  const value = parseLine(from.source, place);
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    const hint =
      line === 1 && Array.isArray(value) ? " (a JSON array where JSON lines are expected: write each element on a line of its own)" : "";
    throw new DataError(`found ${kindOf(value)}, expected an object${hint}`, place);
  }
  const result = from.schema.safeParse(value);
  if (result.success) return result.data;
  throw new DataError(explain(result.error.issues), place);
}

function parseLine(source: LineOfBytes, place: Place): unknown {
  const { bytes, ended } = source;
  if (bytes.includes(13) && encodingOf(bytes) === undefined) {
    throw new DataError("a carriage return alone does not end a line; convert the file to LF line ends", place);
  }
  const torn = ended ? "pretty-printed JSON is not JSON lines: one whole value per line is expected, but the line ends" : "the file ends";
  return parseWhole({ bytes, place, torn });
}

/** Each problem with its path in the record, the first three of them. */
export function explain(issues: readonly { path: readonly PropertyKey[]; message: string }[]): string {
  const texts = issues.slice(0, 3).map(({ path, message }) => (path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`));
  return texts.join("; ") + (issues.length > 3 ? `; and ${issues.length - 3} more` : "");
}

function kindOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "a list" : `a ${typeof value}`;
}

function isBlank(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte !== 32 && byte !== 9) return false;
  return true;
}

/** @file JSON lines: one object per line, read strictly and checked by a schema, written by one writer that checks every write. */
import type { ZodType } from "zod";
import { type ReadOptions, refuse } from "./chunks.ts";
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

export interface Numbered<T> {
  record: T;
  line: number;
}

/** The records of `path` (`.gz` and `-` too). Throws `DataError` at the first bad line. */
export async function* readJsonl<T>(path: string, schema: ZodType<T>, options: JsonlOptions<T> = {}): AsyncGenerator<T> {
  for await (const batch of readBatches(path, schema, options)) for (const { record } of batch) yield record;
}

/** The same with the line of each. */
export async function* readNumberedJsonl<T>(path: string, schema: ZodType<T>, options: JsonlOptions<T> = {}): AsyncGenerator<Numbered<T>> {
  for await (const batch of readBatches(path, schema, options)) yield* batch;
}

async function* readBatches<T>(path: string, schema: ZodType<T>, options: JsonlOptions<T>): AsyncGenerator<Numbered<T>[]> {
  const reader = new RecordReader(path, schema, options);
  for await (const lines of readLineBatches(path, options)) {
    const { records, error } = reader.take(lines);
    yield records;
    if (error !== undefined) throw error;
  }
  reader.finish();
}

class RecordReader<T> {
  readonly #path: string;
  readonly #schema: ZodType<T>;
  readonly #options: JsonlOptions<T>;
  readonly #lines = new Map<string, number>();
  #blank = 0;
  #seen = 0;

  constructor(path: string, schema: ZodType<T>, options: JsonlOptions<T>) {
    this.#path = path;
    this.#schema = schema;
    this.#options = options;
  }

  /** The records before the first bad line with its error; all good ones where problems are told. */
  take(lines: readonly LineOfBytes[]): { records: Numbered<T>[]; error?: DataError } {
    const records: Numbered<T>[] = [];
    for (const source of lines) {
      if (isBlank(source.bytes)) {
        this.#blank++;
        continue;
      }
      this.#seen++;
      try {
        records.push(this.#record(source));
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        if (this.#options.problem === undefined) return { records, error };
        this.#options.problem(error);
      }
    }
    return { records };
  }

  #record(source: LineOfBytes): Numbered<T> {
    const { line } = source;
    const record = parseRecord({ source, schema: this.#schema, path: this.#path, warn: this.#options.warn });
    const id = this.#options.unique?.(record);
    if (id === undefined) return { record, line };
    const earlier = this.#lines.get(id);
    if (earlier !== undefined)
      throw new DataError(`the id ${JSON.stringify(id)} is in line ${earlier} already`, { file: this.#path, line });
    this.#lines.set(id, line);
    return { record, line };
  }

  finish(): void {
    const { allowEmpty, warn } = this.#options;
    const blank = this.#blank;
    if (this.#seen === 0 && allowEmpty !== true) refuse(new DataError("0 records: the file is empty", { file: this.#path }), this.#options);
    if (blank > 0) warn?.(`${this.#path}: ${blank} blank ${blank === 1 ? "line" : "lines"} skipped`);
  }
}

/** The record in one line. Throws `DataError`. */
export function parseRecord<T>(from: { source: LineOfBytes; schema: ZodType<T>; path: string; warn: JsonlOptions<T>["warn"] }): T {
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

/** What zod says, without its preamble; nothing at all is missing, not `undefined`. */
export const plainly = (message: string): string =>
  message.replace(/^Invalid input: expected (.*), received undefined$/, "is missing, expected $1").replace(/^Invalid input: /, "");

/** Each problem with its path in the record, the first three of them. */
export function explain(issues: readonly { path: readonly PropertyKey[]; message: string }[]): string {
  const texts = issues.slice(0, 3).map(({ path, message }) => {
    const text = plainly(message);
    return path.length === 0 ? text : `${path.map(String).join(".")}: ${text}`;
  });
  return texts.join("; ") + (issues.length > 3 ? `; and ${issues.length - 3} more` : "");
}

function kindOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "a list" : `a ${typeof value}`;
}

function isBlank(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte !== 32 && byte !== 9) return false;
  return true;
}

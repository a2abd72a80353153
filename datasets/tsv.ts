/** @file Tab- or comma-separated files as Python's csv module writes them: a field may be quoted, "" is a quote, a quoted field may hold line breaks. */
import { DataError } from "../src/util/errors.ts";
import { faultOf, readLineBatches } from "../src/util/lines.ts";

export interface TsvRow {
  fields: string[];
  line: number;
}

/** Past this a lost closing quote is far likelier than a field: the real ones have a few hundred words. */
const longestField = 1 << 20;

/** What stands between two fields. */
export type Separator = "\t" | ",";

/** All rows that end in one piece of the file at once. */
export async function* readQuotedRows(path: string, separator: Separator = "\t"): AsyncGenerator<TsvRow[]> {
  const joiner = new RowJoiner(path, separator);
  let lines = 0;
  for await (const batch of readLineBatches(path)) {
    lines += batch.length;
    yield batch.flatMap(({ bytes, line }) => joiner.add(bytes, line) ?? []);
  }
  if (lines === 0) throw new DataError("0 records: the file is empty", { file: path });
  joiner.finish();
}

/** Joins lines while a quoted field is open. */
class RowJoiner {
  readonly #path: string;
  readonly #separator: Separator;
  #open: { line: number; text: string } | undefined;

  constructor(path: string, separator: Separator) {
    this.#path = path;
    this.#separator = separator;
  }

  add(bytes: Buffer, line: number): TsvRow | undefined {
    const fault = faultOf(bytes);
    if (fault !== undefined) throw new DataError(fault, { file: this.#path, line });
    const text = bytes.toString("utf8");
    const whole = this.#open === undefined ? text : `${this.#open.text}\n${text}`;
    const start = this.#open?.line ?? line;
    const fields = splitQuoted(whole, this.#separator);
    if (fields === undefined && whole.length > longestField) {
      throw new DataError("A quoted field opened here does not close within a million characters.", { file: this.#path, line: start });
    }
    this.#open = fields === undefined ? { line: start, text: whole } : undefined;
    return fields && { fields, line: start };
  }

  finish(): void {
    if (this.#open !== undefined)
      throw new DataError("The file ends inside the quoted field opened here.", { file: this.#path, line: this.#open.line });
  }
}

/** The fields of a row, or undefined while a quoted field is still open. A quote inside an unquoted field is only a character. */
export function splitQuoted(row: string, separator: Separator): string[] | undefined {
  if (!row.includes('"')) return row.split(separator);
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    let field = "";
    if (row[at] === '"') {
      at++;
      for (;;) {
        const quote = row.indexOf('"', at);
        if (quote < 0) return undefined;
        field += row.slice(at, quote);
        at = quote + 1;
        if (row[at] !== '"') break;
        field += '"';
        at++;
      }
    }
    const end = row.indexOf(separator, at);
    fields.push(field + row.slice(at, end < 0 ? row.length : end));
    if (end < 0) return fields;
    at = end + 1;
  }
}

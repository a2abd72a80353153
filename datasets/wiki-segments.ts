/** @file full_wiki_segments.tsv, the collection of TopiOCQA and INSCIT: id, text, title; the header may repeat. */
import { Id } from "../src/schema/records.ts";
import { type ReadOptions, refuse } from "../src/util/chunks.ts";
import { DataError } from "../src/util/errors.ts";
import { type TsvRow, readQuotedRows } from "./tsv.ts";
import type { DatasetEvent } from "./types.ts";

export async function* readWikiSegments(file: string, reading: ReadOptions = {}): AsyncGenerator<Iterable<DatasetEvent>> {
  for await (const rows of readQuotedRows(file)) yield passages(rows, file, reading);
}

function* passages(rows: Iterable<TsvRow>, file: string, reading: ReadOptions): Generator<DatasetEvent> {
  for (const { fields, line } of rows) {
    const [id, text, title] = fields;
    const place = { file, line };
    if (fields.length !== 3 || id === undefined || text === undefined || title === undefined) {
      refuse(new DataError(`Expected three tab-separated fields (id, text, title), found ${fields.length}.`, place), reading);
      continue;
    }
    // INSCIT's script writes the header once per file it joined.
    if (id === "id" && text === "text" && title === "title") continue;
    // Nearly every id is plain, and there are millions.
    const checked = /^[!-~]+$/.test(id) ? undefined : Id.safeParse(id);
    if (checked?.success === false)
      refuse(new DataError(`${JSON.stringify(id)} is no passage id: ${checked.error.issues[0]!.message}.`, place), reading);
    else yield { kind: "passage", passage: { id, title, text }, place };
  }
}

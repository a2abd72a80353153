/** @file Passage collections in the two plain forms: JSON lines `{id, title?, text}` (or `contents`), and TSV `id<TAB>text[<TAB>title]`. */
import { z } from "zod";
import { Id } from "../src/schema/records.ts";
import { type ReadOptions, refuse } from "../src/util/chunks.ts";
import { DataError } from "../src/util/errors.ts";
import { readNumberedJsonl } from "../src/util/jsonl.ts";
import { readLines } from "../src/util/lines.ts";
import type { DatasetEvent } from "./types.ts";

const Row = z
  .object({
    id: Id.optional(),
    _id: Id.optional(),
    title: z.string().nullish(),
    text: z.string().optional(),
    contents: z.string().optional(),
  })
  .refine(({ id, _id, text, contents }) => (id ?? _id) !== undefined && (text ?? contents) !== undefined, {
    message: "a passage needs an id (id or _id) and a text (text or contents)",
  });

/** Events at a time: an asynchronous step for each would cost more than the event. */
const BATCH = 512;

/** `.tsv` and `.tsv.gz` are plain tab-separated lines without quoting; everything else is JSON lines. */
export async function* readPlainCollection(file: string, { warn, problem }: ReadOptions = {}): AsyncGenerator<Iterable<DatasetEvent>> {
  let batch: DatasetEvent[] = [];
  for await (const event of /\.tsv(\.gz)?$/.test(file) ? tsv(file, { problem }) : jsonLines(file, { warn, problem })) {
    batch.push(event);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}

async function* jsonLines(file: string, reading: ReadOptions): AsyncGenerator<DatasetEvent> {
  for await (const { record, line } of readNumberedJsonl(file, Row, reading)) {
    const { id, _id, title, text, contents } = record;
    yield { kind: "passage", passage: { id: (id ?? _id)!, title: title ?? "", text: (text ?? contents)! }, place: { file, line } };
  }
}

async function* tsv(file: string, reading: ReadOptions): AsyncGenerator<DatasetEvent> {
  for await (const { text: row, line } of readLines(file, reading)) {
    const [first = "", text, title = "", ...more] = row.split("\t");
    const place = { file, line };
    const id = Id.safeParse(first);
    if (!id.success || text === undefined || more.length > 0)
      refuse(
        new DataError(`Expected "id<TAB>text" or "id<TAB>text<TAB>title", found ${JSON.stringify(row.slice(0, 60))}.`, place),
        reading,
      );
    else yield { kind: "passage", passage: { id: id.data, title, text }, place };
  }
}

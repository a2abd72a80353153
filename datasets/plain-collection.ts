/** @file Passage collections in the two plain forms: JSON lines `{id, title?, text}` (or `contents`), and TSV `id<TAB>text[<TAB>title]`. */
import { z } from "zod";
import { Id } from "../src/schema/records.ts";
import { type ReadOptions, refuse } from "../src/util/chunks.ts";
import { DataError } from "../src/util/errors.ts";
import { readNumberedJsonl } from "../src/util/jsonl.ts";
import { type LineOfBytes, faultOf, readLineBatches } from "../src/util/lines.ts";
import { firstCharacter } from "./shape.ts";
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

export interface PlainCollectionOptions extends Pick<ReadOptions, "warn" | "problem"> {
  /** Whether a third column is a title. Where passages have none, a tab is a character of the text. */
  titled?: boolean;
}

/** JSON lines, or plain tab-separated lines without quoting after headers if there are any: the name tells, or the first character. */
export async function* readPlainCollection(
  file: string,
  { titled = true, warn, problem }: PlainCollectionOptions = {},
): AsyncGenerator<Iterable<DatasetEvent>> {
  if (await isTsv(file)) {
    for await (const lines of readLineBatches(file)) yield tsvEvents(lines, { file, titled, problem });
    return;
  }
  let batch: DatasetEvent[] = [];
  for await (const event of jsonLines(file, { warn, problem })) {
    batch.push(event);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}

async function isTsv(file: string): Promise<boolean> {
  const [, extension] = /\.(tsv|jsonl?)(?:\.gz)?$/.exec(file) ?? [];
  return extension === undefined ? (await firstCharacter(file)) !== "{" : extension === "tsv";
}

async function* jsonLines(file: string, reading: ReadOptions): AsyncGenerator<DatasetEvent> {
  for await (const { record, line } of readNumberedJsonl(file, Row, reading)) {
    const { id, _id, title, text, contents } = record;
    yield { kind: "passage", passage: { id: (id ?? _id)!, title: title ?? "", text: (text ?? contents)! }, place: { file, line } };
  }
}

function* tsvEvents(
  lines: readonly LineOfBytes[],
  { file, titled, ...reading }: { file: string; titled: boolean } & ReadOptions,
): Generator<DatasetEvent> {
  for (const { bytes, line } of lines) {
    const place = { file, line };
    const fault = faultOf(bytes);
    if (fault !== undefined) {
      refuse(new DataError(fault, place), reading);
      continue;
    }
    const row = bytes.toString("utf8");
    const first = row.indexOf("\t");
    const id = row.slice(0, Math.max(first, 0));
    const second = titled ? row.indexOf("\t", first + 1) : -1;
    const text = second < 0 ? row.slice(first + 1) : row.slice(first + 1, second);
    const title = second < 0 ? "" : row.slice(second + 1);
    if (first < 0 || !isId(id) || title.includes("\t"))
      refuse(
        new DataError(
          `Expected "id<TAB>text"${titled ? ' or "id<TAB>text<TAB>title"' : ""}, found ${JSON.stringify(row.slice(0, 60))}.`,
          place,
        ),
        reading,
      );
    else if (id !== "id" || !HEADERS.has(row)) yield { kind: "passage", passage: { id, title, text }, place };
  }
}

/** Files that were joined may hold one in the middle. */
const HEADERS: ReadonlySet<string> = new Set(["id\ttext", "id\ttext\ttitle", "id\tcontents"]);

/** Nearly every id is plain, and there are millions. */
const isId = (text: string): boolean => /^[!-~]+$/.test(text) || Id.safeParse(text).success;

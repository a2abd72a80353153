/** @file QReCC's passages: JSON lines {id, contents} as the organisers' script writes them, or TSV `id<TAB>contents`. */
import { z } from "zod";
import { Id } from "../../src/schema/records.ts";
import { DataError } from "../../src/util/errors.ts";
import { readJsonl } from "../../src/util/jsonl.ts";
import { readLines } from "../../src/util/lines.ts";
import type { DatasetEvent } from "../types.ts";

const Block = z.object({ id: Id, contents: z.string() });

/** Events at a time: an asynchronous step for each would cost more than the event. */
const BATCH = 512;

export async function* readQreccCollection(file: string): AsyncGenerator<Iterable<DatasetEvent>> {
  let batch: DatasetEvent[] = [];
  for await (const event of /\.tsv(\.gz)?$/.test(file) ? tsv(file) : jsonLines(file)) {
    batch.push(event);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}

async function* jsonLines(file: string): AsyncGenerator<DatasetEvent> {
  for await (const { id, contents } of readJsonl(file, Block))
    yield { kind: "passage", passage: { id, title: "", text: contents }, place: { file } };
}

async function* tsv(file: string): AsyncGenerator<DatasetEvent> {
  for await (const { text, line } of readLines(file)) {
    const tab = text.indexOf("\t");
    const place = { file, line };
    const id = Id.safeParse(tab < 0 ? "" : text.slice(0, tab));
    if (!id.success) throw new DataError(`Expected "id<TAB>contents", found ${JSON.stringify(text.slice(0, 60))}.`, place);
    yield { kind: "passage", passage: { id: id.data, title: "", text: text.slice(tab + 1) }, place };
  }
}

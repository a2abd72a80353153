/** @file Queries that stand alone, `id<TAB>query`: each is a conversation of one turn. */
import { Id } from "../src/schema/records.ts";
import { type ReadOptions, refuse } from "../src/util/chunks.ts";
import { DataError } from "../src/util/errors.ts";
import { readLines } from "../src/util/lines.ts";
import type { DatasetEvent } from "./types.ts";

export async function* readQueries(file: string, reading: ReadOptions = {}): AsyncGenerator<Iterable<DatasetEvent>> {
  for await (const { text, line } of readLines(file, reading)) {
    const tab = text.indexOf("\t");
    const place = { file, line };
    const conversation = Id.safeParse(tab < 0 ? "" : text.slice(0, tab));
    const question = text.slice(tab + 1);
    if (!conversation.success || question.trim() === "")
      refuse(new DataError(`Expected "id<TAB>query", found ${JSON.stringify(text.slice(0, 60))}.`, place), reading);
    else
      yield [{ kind: "turn", turn: { conversation: conversation.data, turn: 1, history: [], question, responses: [], tags: {} }, place }];
  }
}

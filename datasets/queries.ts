/** @file Queries that stand alone, `id<TAB>query`: each is a conversation of one turn. */
import { Id } from "../src/schema/records.ts";
import { DataError } from "../src/util/errors.ts";
import { readLines } from "../src/util/lines.ts";
import { readQrels } from "../src/util/qrels.ts";
import type { DatasetEvent } from "./types.ts";

export async function* readQueries(file: string): AsyncGenerator<Iterable<DatasetEvent>> {
  for await (const { text, line } of readLines(file)) {
    const tab = text.indexOf("\t");
    const place = { file, line };
    const conversation = Id.safeParse(tab < 0 ? "" : text.slice(0, tab));
    const question = text.slice(tab + 1);
    if (!conversation.success || question.trim() === "")
      throw new DataError(`Expected "id<TAB>query", found ${JSON.stringify(text.slice(0, 60))}.`, place);
    yield [{ kind: "turn", turn: { conversation: conversation.data, turn: 1, history: [], question, responses: [], tags: {} }, place }];
  }
}

/** Judgements about such queries: the turn of the query `q` is `q_1`. */
export async function* readQueryQrels(file: string): AsyncGenerator<Iterable<DatasetEvent>> {
  for (const [query, passages] of await readQrels(file))
    yield [...passages].map(([passage, relevance]) => ({ kind: "judgement", turn: `${query}_1`, passage, relevance, place: { file } }));
}

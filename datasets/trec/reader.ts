/** @file Any TREC-style test collection of your own: topics as TSV, qrels, and passages as TSV or JSON lines. */
import { readJudgements } from "../judgements.ts";
import { readPlainCollection } from "../plain-collection.ts";
import { readQueries } from "../queries.ts";
import type { DatasetEvent, DatasetInput, DatasetReader } from "../types.ts";

async function* read({ input, collection, qrels, warn, problem }: DatasetInput): AsyncGenerator<Iterable<DatasetEvent>> {
  for (const file of input) yield* readQueries(file, { problem });
  yield* readJudgements(qrels, { turns: ["query"], problem });
  for (const file of collection) yield* readPlainCollection(file, { warn, problem });
}

const reader: DatasetReader = {
  summary: "your own topics as TSV (id, query); --qrels FILE --collection FILE.tsv|.jsonl",
  options: ["collection", "qrels"],
  sample: { input: ["sample/topics.test.tsv"], collection: ["sample/passages.jsonl"], qrels: ["sample/qrels.test.txt"] },
  read,
};
export default reader;

/** @file MS MARCO passage ranking (Nguyen et al., 2016): queries.tsv with qrels and collection, or Tevatron's JSON lines with negatives. */
import { z } from "zod";
import { Id, type Passage } from "../../src/schema/records.ts";
import { readNumberedJsonl } from "../../src/util/jsonl.ts";
import { readJudgements } from "../judgements.ts";
import { readPlainCollection } from "../plain-collection.ts";
import { readQueries } from "../queries.ts";
import { firstCharacter } from "../shape.ts";
import type { DatasetEvent, DatasetInput, DatasetReader, Place } from "../types.ts";

const Document = z.object({ docid: Id, title: z.string().nullish(), text: z.string() });
const TevatronQuery = z.object({
  query_id: Id,
  query: z.string().min(1),
  positive_passages: z.array(Document).min(1),
  negative_passages: z.array(Document).default([]),
});

async function* read({ input, collection, qrels, warn, problem }: DatasetInput): AsyncGenerator<Iterable<DatasetEvent>> {
  for (const file of input) {
    if ((await firstCharacter(file)) !== "{") yield* readQueries(file, { problem });
    else
      for await (const { record, line } of readNumberedJsonl(file, TevatronQuery, { warn, problem }))
        yield [sampleOf(record, { file, line })];
  }
  yield* readJudgements(qrels, { turns: ["query"], problem });
  for (const file of collection) yield* readPlainCollection(file, { titled: false, warn, problem });
}

/** The response is the passage itself: nobody wrote an answer (UniConv, §3.4). */
function sampleOf({ query_id, query, positive_passages, negative_passages }: z.infer<typeof TevatronQuery>, place: Place): DatasetEvent {
  const positives = positive_passages.map(passageOf);
  const responses = positives.map(({ id, text }) => ({ text, evidence: [id] }));
  return {
    kind: "sample",
    sample: {
      id: `${query_id}_1`,
      source: "msmarco-passage",
      positive: "gold",
      objectives: ["retrieval", "generation", "context-identification"],
      history: [],
      question: query,
      positives,
      negatives: negative_passages.map(passageOf),
      responses,
    },
    place,
  };
}

const passageOf = ({ docid, title, text }: z.infer<typeof Document>): Passage => ({ id: docid, title: title ?? "", text });

const reader: DatasetReader = {
  summary: "MS MARCO queries.tsv; --qrels qrels.tsv --collection collection.tsv; or Tevatron JSON lines to train on",
  options: ["collection", "qrels"],
  sample: { input: ["sample/queries.dev.tsv"], collection: ["sample/collection.tsv"], qrels: ["sample/qrels.dev.tsv"] },
  read,
};
export default reader;

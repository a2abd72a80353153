/** @file TREC CAsT 2019–2021 (Dalton et al.): conversations of typed questions; judgements and collections are files of their own. */
import { z } from "zod";
import { Id, type Exchange } from "../../src/schema/records.ts";
import { readJsonArray } from "../../src/util/json-stream.ts";
import { readJudgements } from "../judgements.ts";
import { readPlainCollection } from "../plain-collection.ts";
import { checkRecord } from "../record.ts";
import { expectShape } from "../shape.ts";
import type { DatasetEvent, DatasetInput, DatasetReader, Place } from "../types.ts";

const TopicTurn = z.object({
  number: z.int().min(1),
  raw_utterance: z.string().min(1),
  manual_rewritten_utterance: z.string().optional(),
  /** 2021: the system's answer that the user saw. */
  passage: z.string().optional(),
});
const Topic = z.object({ number: z.union([z.int().min(1), Id]), title: z.string().optional(), turn: z.array(TopicTurn).min(1) });

async function* read({ input, collection, qrels, warn, problem }: DatasetInput): AsyncGenerator<Iterable<DatasetEvent>> {
  for (const file of input) {
    await expectShape({ file, first: "[", files: "CAsT topic files", of: "topics" });
    for await (const { value, line } of readJsonArray(file, { warn })) {
      yield topicEvents(value, { file, line });
    }
  }
  yield* readJudgements(qrels, { problem });
  for (const file of collection) yield* readPlainCollection(file, { warn, problem });
}

function* topicEvents(value: unknown, place: Place): Generator<DatasetEvent> {
  const { number, title, turn: turns } = checkRecord(Topic, value, "a CAsT topic of 2019 to 2021", place);
  const history: Exchange[] = [];
  for (const { number: turn, raw_utterance: question, manual_rewritten_utterance: rewrite, passage } of turns) {
    const tags = { ...(title !== undefined && { title }), ...(rewrite !== undefined && { rewrite }) };
    yield { kind: "turn", turn: { conversation: String(number), turn, history: [...history], question, responses: [], tags }, place };
    // Before 2021 no answers were shown: the history then holds questions only.
    history.push({ question, response: passage ?? "" });
  }
}

const reader: DatasetReader = {
  summary: "TREC CAsT topics of 2019 to 2021; --qrels FILE --collection FILE.tsv|.jsonl",
  options: ["collection", "qrels"],
  sample: { input: ["sample/topics_test.json"], collection: ["sample/passages.jsonl"], qrels: ["sample/qrels_test.txt"] },
  read,
};
export default reader;

/** @file TREC iKAT (Aliannejadi et al.): personal conversations whose answers name the passages they rest on. */
import { z } from "zod";
import { type Exchange, Id } from "../../src/schema/records.ts";
import { readJsonArray } from "../../src/util/json-stream.ts";
import { readNumberedJsonl } from "../../src/util/jsonl.ts";
import { readJudgements } from "../judgements.ts";
import { checkRecord } from "../record.ts";
import { expectShape } from "../shape.ts";
import type { DatasetEvent, DatasetInput, DatasetReader, Place } from "../types.ts";

const Turn = z.object({
  turn_id: z.int().min(1),
  utterance: z.string().min(1),
  resolved_utterance: z.string().optional(),
  response: z.string(),
  response_provenance: z.array(z.string()).default([]),
});
/** `ptkb`: what is known of the user, by number. */
const Topic = z.object({
  number: Id,
  title: z.string().optional(),
  ptkb: z.record(z.string(), z.string()).default({}),
  turns: z.array(Turn).min(1),
});
const Block = z.object({ doc_id: Id, passage_id: z.union([Id, z.int()]), passage_text: z.string() });

async function* read({ input, collection, qrels, warn, problem }: DatasetInput): AsyncGenerator<Iterable<DatasetEvent>> {
  for (const file of input) {
    await expectShape({ file, first: "[", files: "iKAT topic files", of: "topics" });
    for await (const { value, line } of readJsonArray(file, { warn })) {
      yield topicEvents(value, { place: { file, line }, judged: qrels.length === 0 });
    }
  }
  yield* readJudgements(qrels, { problem });
  for (const file of collection) {
    for await (const { record, line } of readNumberedJsonl(file, Block, { warn, problem })) {
      const { doc_id, passage_id, passage_text } = record;
      yield [{ kind: "passage", passage: { id: `${doc_id}:${passage_id}`, title: "", text: passage_text }, place: { file, line } }];
    }
  }
}

function* topicEvents(value: unknown, { place, judged }: { place: Place; judged: boolean }): Generator<DatasetEvent> {
  const { number, title, ptkb, turns } = checkRecord(Topic, value, "an iKAT topic", place);
  const history: Exchange[] = [];
  const known = Object.values(ptkb).join(" ");
  for (const { turn_id: turn, utterance: question, resolved_utterance: rewrite, response, response_provenance } of turns) {
    const evidence = [...new Set(response_provenance)];
    const tags = { ...(title !== undefined && { title }), ...(rewrite !== undefined && { rewrite }), ...(known !== "" && { ptkb: known }) };
    const responses = response === "" ? [] : [{ text: response, evidence }];
    yield { kind: "turn", turn: { conversation: number, turn, history: [...history], question, responses, tags }, place };
    if (judged) for (const passage of evidence) yield { kind: "judgement", turn: `${number}_${turn}`, passage, relevance: 1, place };
    history.push({ question, response });
  }
}

const reader: DatasetReader = {
  summary: "TREC iKAT topics; the passages an answer names are its gold; --qrels FILE --collection FILE.jsonl",
  options: ["collection", "qrels"],
  sample: { input: ["sample/topics_test.json"], collection: ["sample/passages.jsonl"] },
  read,
};
export default reader;

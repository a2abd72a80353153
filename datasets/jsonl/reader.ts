/** @file Your own conversations as JSON lines, a turn each: the least that has to be written to use every stage. */
import { z } from "zod";
import { Exchange, Id } from "../../src/schema/records.ts";
import { readNumberedJsonl } from "../../src/util/jsonl.ts";
import { readJudgements } from "../judgements.ts";
import { readPlainCollection } from "../plain-collection.ts";
import type { DatasetEvent, DatasetInput, DatasetReader, Place } from "../types.ts";

const OwnTurn = z.strictObject({
  conversation: Id,
  turn: z.int().min(1),
  question: z.string().min(1),
  history: z.array(Exchange).default([]),
  /** Reference answers. */
  responses: z.array(z.string()).default([]),
  /** Ids of the passages that answer; `--qrels` in their place where grades matter. */
  gold: z.array(Id).default([]),
  split: z.enum(["train", "dev", "test"]).optional(),
  tags: z.record(z.string(), z.string()).default({}),
});

async function* read({ input, collection, qrels, warn, problem }: DatasetInput): AsyncGenerator<Iterable<DatasetEvent>> {
  for (const file of input)
    for await (const { record, line } of readNumberedJsonl(file, OwnTurn, { warn, problem }))
      yield turnEvents(record, { place: { file, line }, judged: qrels.length === 0 });
  yield* readJudgements(qrels, { problem });
  for (const file of collection) yield* readPlainCollection(file, { warn, problem });
}

function* turnEvents(
  { conversation, turn, question, history, responses, gold, split, tags }: z.infer<typeof OwnTurn>,
  { place, judged }: { place: Place; judged: boolean },
): Generator<DatasetEvent> {
  const references = responses.map((text) => ({ text, evidence: gold }));
  const own = split === undefined ? {} : { split };
  yield { kind: "turn", turn: { conversation, turn, ...own, history, question, responses: references, tags }, place };
  if (!judged) return;
  for (const passage of new Set(gold)) yield { kind: "judgement", turn: `${conversation}_${turn}`, passage, relevance: 1, place };
}

const reader: DatasetReader = {
  summary: "your own turns as JSON lines (conversation, turn, question, …); --collection FILE.tsv|.jsonl, --qrels FILE",
  options: ["collection", "qrels"],
  sample: { input: ["sample/turns.jsonl"], collection: ["sample/passages.jsonl"] },
  read,
};
export default reader;

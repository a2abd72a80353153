/** @file Reads the quickstart sample: passages.jsonl and conversations.jsonl of a folder. */
import { join } from "node:path";
import { z } from "zod";
import { type Exchange, Id, Passage } from "../../src/schema/records.ts";
import { UsageError } from "../../src/util/errors.ts";
import { readJsonl } from "../../src/util/jsonl.ts";
import type { DatasetEvent, DatasetInput, DatasetReader, Place } from "../types.ts";

const Conversation = z.strictObject({
  id: Id,
  split: z.enum(["train", "dev", "test"]),
  turns: z.array(
    z.strictObject({
      question: z.string().min(1),
      answer: z.string().min(1),
      passage: Id,
      topic_shift: z.enum(["first", "continue", "switch"]),
      attribute: z.string(),
      asked_in_training: z.boolean(),
    }),
  ),
});

async function* read({ input, warn, problem }: DatasetInput): AsyncGenerator<Iterable<DatasetEvent>> {
  const [folder, ...more] = input;
  if (folder === undefined || more.length > 0) throw new UsageError(`quickstart reads one folder, not ${input.length}.`);
  const [passages, conversations] = files(folder);
  for await (const passage of readJsonl(passages, Passage, { warn, problem, unique: ({ id }) => id }))
    yield [{ kind: "passage", passage, place: { file: passages } }];
  for await (const conversation of readJsonl(conversations, Conversation, { warn, problem, unique: ({ id }) => id })) {
    yield turnEvents(conversation, { file: conversations });
  }
}

function* turnEvents({ id, split, turns }: z.infer<typeof Conversation>, place: Place): Generator<DatasetEvent> {
  const history: Exchange[] = [];
  for (const [i, { question, answer, passage, topic_shift, attribute, asked_in_training: asked }] of turns.entries()) {
    const tags = { topic_shift, attribute, asked_in_training: asked ? "yes" : "no" };
    const responses = [{ text: answer, evidence: [passage] }];
    yield { kind: "turn", turn: { conversation: id, turn: i + 1, split, history: [...history], question, responses, tags }, place };
    yield { kind: "judgement", turn: `${id}_${i + 1}`, passage, relevance: 1, place };
    history.push({ question, response: answer });
  }
}

function files(folder: string): [passages: string, conversations: string] {
  return [join(folder, "passages.jsonl"), join(folder, "conversations.jsonl")];
}

const reader: DatasetReader = {
  summary: "an invented film guide, shipped with uniconv (no --input needed)",
  options: [],
  shipped: ["data"],
  sample: { input: ["data"] },
  files,
  read,
};
export default reader;

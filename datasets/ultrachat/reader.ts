/** @file UltraChat (Ding et al., EMNLP 2023): each question of a user trains with the reply, as passage and as response. */
import { z } from "zod";
import type { Exchange, TrainSample } from "../../src/schema/records.ts";
import { Id } from "../../src/schema/records.ts";
import { readNumberedJsonl } from "../../src/util/jsonl.ts";
import { checkRecord } from "../record.ts";
import type { DatasetEvent, DatasetInput, DatasetReader, Place } from "../types.ts";

const Original = z.object({ id: Id, data: z.array(z.string()).min(1) });
/** ChatRetriever's copy. */
const Converted = z.object({
  conv_id: z.union([Id, z.int()]),
  conversation: z.array(z.object({ role: z.enum(["User", "Assistant"]), text: z.string() })).min(1),
});

async function* read({ input, warn, problem }: DatasetInput): AsyncGenerator<Iterable<DatasetEvent>> {
  for (const file of input) {
    for await (const { record, line } of readNumberedJsonl(file, z.looseObject({}), { warn, problem }))
      yield conversationEvents(record, { file, line });
  }
}

function* conversationEvents(value: object, place: Place): Generator<DatasetEvent> {
  if (!("conversation" in value)) {
    const { id, data } = checkRecord(Original, value, "an UltraChat conversation", place);
    yield* samples({ id, said: data, place });
    return;
  }
  const { conv_id, conversation } = checkRecord(Converted, value, "a converted UltraChat conversation", place);
  if (conversation[0]!.role === "User") yield* samples({ id: String(conv_id), said: conversation.map(({ text }) => text), place });
  else yield { kind: "excluded", of: "sample", reason: "a conversation that the user does not begin" };
}

function* samples({ id, said, place }: { id: string; said: readonly string[]; place: Place }): Generator<DatasetEvent> {
  const history: Exchange[] = [];
  for (let at = 0; at < said.length; at += 2) {
    const [question, response] = [said[at]!, said[at + 1]];
    if (question.trim() === "" || response === undefined || response.trim() === "") {
      yield { kind: "excluded", of: "sample", reason: "an empty question, or a question without a reply" };
    } else {
      yield { kind: "sample", sample: sampleOf({ id: `${id}_${at / 2 + 1}`, history: [...history], question, response }), place };
    }
    history.push({ question, response: response ?? "" });
  }
}

function sampleOf({
  id,
  history,
  question,
  response,
}: {
  id: string;
  history: Exchange[];
  question: string;
  response: string;
}): TrainSample {
  const passage = { id: `ultrachat:${id}`, title: "", text: response };
  return {
    id,
    source: "ultrachat",
    positive: "response",
    objectives: ["retrieval", "generation", "context-identification"],
    history,
    question,
    positives: [passage],
    negatives: [],
    responses: [{ text: response, evidence: [passage.id] }],
  };
}

const reader: DatasetReader = {
  summary: "UltraChat JSON lines, to train on: the reply is the positive passage and the response",
  options: [],
  sample: { input: ["sample/ultrachat.jsonl"] },
  read,
};
export default reader;

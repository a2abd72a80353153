/** @file Natural Questions in the form of DPR (Karpukhin et al., EMNLP 2020): training pairs with negatives, or questions with answers. */
import { basename } from "node:path";
import { z } from "zod";
import { Id, type Passage } from "../../src/schema/records.ts";
import { type ReadOptions, refuse } from "../../src/util/chunks.ts";
import { DataError } from "../../src/util/errors.ts";
import { readJsonArray } from "../../src/util/json-stream.ts";
import { readLines } from "../../src/util/lines.ts";
import { checkRecord } from "../record.ts";
import { firstCharacter } from "../shape.ts";
import type { DatasetEvent, DatasetInput, DatasetReader, Place } from "../types.ts";
import { readWikiSegments } from "../wiki-segments.ts";
import { pythonStrings } from "./python-list.ts";

const Context = z.object({ title: z.string().nullish(), text: z.string(), passage_id: Id.optional(), psg_id: Id.optional() });
const Question = z.object({
  question: z.string().min(1),
  answers: z.array(z.string()),
  positive_ctxs: z.array(Context),
  hard_negative_ctxs: z.array(Context).default([]),
});

async function* read({ input, collection, warn, problem }: DatasetInput): AsyncGenerator<Iterable<DatasetEvent>> {
  // A passage is positive for many questions: written once.
  const written = new Set<string>();
  for (const file of input) {
    if ((await firstCharacter(file)) !== "[") {
      yield* questions(file, { problem });
      continue;
    }
    for await (const { value, index, line } of readJsonArray(file, { warn })) {
      yield pairEvents(value, {
        conversation: `${stem(file)}-${index + 1}`,
        place: { file, line },
        written: collection.length === 0 ? written : undefined,
      });
    }
  }
  for (const file of collection) yield* readWikiSegments(file, { problem });
}

function* pairEvents(
  value: unknown,
  { conversation, place, written }: { conversation: string; place: Place; written: Set<string> | undefined },
): Generator<DatasetEvent> {
  const { question, answers, positive_ctxs, hard_negative_ctxs } = checkRecord(Question, value, "a DPR question", place);
  if (positive_ctxs.length === 0) {
    yield { kind: "excluded", of: "turn", reason: "a question for which no positive passage was found" };
    return;
  }
  const passageOf = (context: z.infer<typeof Context>, at: number, kind: string): Passage => ({
    id: context.passage_id ?? context.psg_id ?? `${conversation}:${kind}${at + 1}`,
    title: context.title ?? "",
    text: context.text,
  });
  const positives = positive_ctxs.map((context, at) => passageOf(context, at, "positive"));
  const negatives = hard_negative_ctxs.map((context, at) => passageOf(context, at, "negative"));
  const evidence = positives.map(({ id }) => id);
  yield {
    kind: "turn",
    turn: {
      conversation,
      turn: 1,
      history: [],
      question,
      responses: answers.map((text) => ({ text, evidence })),
      tags: {},
      training: {
        positive: "gold",
        objectives: answers.length > 0 ? ["retrieval", "generation", "context-identification"] : ["retrieval"],
        positives,
        negatives,
      },
    },
    place,
  };
  for (const passage of positives) {
    if (written && !written.has(passage.id)) {
      written.add(passage.id);
      yield { kind: "passage", passage, place };
    }
    yield { kind: "judgement", turn: `${conversation}_1`, passage: passage.id, relevance: 1, place };
  }
}

/** Questions have no ids: they are called by their file and place. */
const stem = (file: string): string => basename(file).replace(/\..*$/, "");

/** `question<TAB>['answer', 'another']`, as Python's csv module wrote it. */
async function* questions(file: string, reading: ReadOptions): AsyncGenerator<Iterable<DatasetEvent>> {
  for await (const { text, line } of readLines(file, reading)) {
    const place = { file, line };
    const [question = "", list = "", ...more] = text.replace(/\r$/, "").split("\t");
    const answers = pythonStrings(list);
    if (question === "" || answers === undefined || more.length > 0) {
      refuse(new DataError(`Expected "question<TAB>['answer', …]", found ${JSON.stringify(text.slice(0, 60))}.`, place), reading);
      continue;
    }
    const responses = answers.map((answer) => ({ text: answer, evidence: [] }));
    yield [{ kind: "turn", turn: { conversation: `${stem(file)}-${line}`, turn: 1, history: [], question, responses, tags: {} }, place }];
  }
}

const reader: DatasetReader = {
  summary: "Natural Questions as DPR has it: nq-{train,dev}.json, or questions and answers as TSV; --collection psgs_w100.tsv",
  options: ["collection"],
  sample: { input: ["sample/nq-dev.json"], collection: ["sample/psgs_w100.tsv"] },
  read,
};
export default reader;

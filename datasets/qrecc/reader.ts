/** @file QReCC (Anantha et al., NAACL 2021): conversations over web pages, out of QuAC, Natural Questions and TREC CAsT. */
import { z } from "zod";
import type { TrainResponse } from "../../src/schema/records.ts";
import type { ReadOptions } from "../../src/util/chunks.ts";
import { DataError } from "../../src/util/errors.ts";
import { readJsonArray } from "../../src/util/json-stream.ts";
import { readNumberedJsonl } from "../../src/util/jsonl.ts";
import { pairUp } from "../history.ts";
import { readJudgements } from "../judgements.ts";
import { readPlainCollection } from "../plain-collection.ts";
import { checkRecord } from "../record.ts";
import { expectShape, firstCharacter } from "../shape.ts";
import type { DatasetEvent, DatasetInput, DatasetReader, Place } from "../types.ts";
import { QreccRecord } from "./record.ts";

async function* read({ input, collection, qrels, warn, problem }: DatasetInput): AsyncGenerator<Iterable<DatasetEvent>> {
  let named = false;
  for (const file of input) {
    for await (const { value, line } of turnsOf(file, { warn, problem })) {
      named ||= typeof value === "object" && value !== null && "Truth_passages" in value;
      yield recordEvents(value, { judged: qrels.length === 0, place: { file, line } });
    }
  }
  if (!named && qrels.length === 0) yield [{ kind: "note", text: rawNote }];
  yield* readJudgements(qrels, { turns: ["qrecc", "retpo"], problem });
  for (const file of collection) yield* readPlainCollection(file, { titled: false, warn, problem });
}

/** InfoCQR's files with rewrites are JSON lines, all others an array. */
async function* turnsOf(file: string, reading: ReadOptions): AsyncGenerator<{ value: unknown; line: number }> {
  if ((await firstCharacter(file)) === "{") {
    for await (const { record: value, line } of readNumberedJsonl(file, z.looseObject({}), reading)) yield { value, line };
    return;
  }
  await expectShape({ file, first: "[", files: "QReCC files", of: "turns" });
  yield* readJsonArray(file, reading);
}

const rawNote =
  "These are QReCC's raw files: they name no gold passages. Give --qrels, or the SCAI-QReCC21 files, to judge retrieval by something.";

function* recordEvents(value: unknown, { judged, place }: { judged: boolean; place: Place }): Generator<DatasetEvent> {
  const record = checkRecord(QreccRecord, value, "a QReCC turn", place);
  const { Conversation_no: conversation, Turn_no: turn, Question: question } = record;
  const id = `${conversation}_${turn}`;
  const context = record.NewContext ?? record.Context;
  const answer = record.Truth_answer ?? record.Answer;
  if (context === undefined || answer === undefined) {
    throw new DataError(
      `The turn "${id}" has no ${context === undefined ? "Context" : "Answer"}: question files without conversations cannot be prepared.`,
      place,
    );
  }
  if (context.length !== 2 * (turn - 1)) {
    throw new DataError(
      `The turn "${id}" has ${context.length} context entries, expected ${2 * (turn - 1)} (two per earlier turn); early SCAI files numbered turns wrongly.`,
      place,
    );
  }
  // About one answer in eleven is empty: then there is no reference.
  // An empty id says what an empty list says: none was found.
  const evidence = [...new Set(record.Truth_passages)].filter((passage) => passage !== "");
  const responses: TrainResponse[] = answer === "" ? [] : [{ text: answer, evidence }];
  const rewrite = record.Truth_rewrite ?? record.Rewrite;
  const tags: Record<string, string> = {
    ...(record.Conversation_source === undefined ? {} : { source: record.Conversation_source }),
    ...(rewrite === undefined ? {} : { rewrite }),
  };
  const unanswered = answer === "" ? { unanswered: "their answer is empty" } : {};
  yield {
    kind: "turn",
    turn: { conversation: String(conversation), turn, history: pairUp(context), question, responses, ...unanswered, tags },
    place,
  };
  if (judged && record.Truth_passages?.length === 0)
    yield { kind: "unjudged", turn: id, reason: "no passage was found to answer them (Truth_passages is empty)" };
  if (judged) for (const passage of evidence) yield { kind: "judgement", turn: id, passage, relevance: 1, place };
}

const reader: DatasetReader = {
  summary: "QReCC turns: raw, SCAI-QReCC21 or InfoCQR JSON; --qrels (URL or integer ids) --collection FILE.jsonl|.tsv",
  options: ["collection", "qrels"],
  sample: { input: ["sample/scai_test.json"], collection: ["sample/passages.jsonl"], qrels: ["sample/qrels_test.json"] },
  read,
};
export default reader;

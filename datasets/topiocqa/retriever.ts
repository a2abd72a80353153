/**
 * @file TopiOCQA's files for training DPR: `retriever/all_history/{train,dev}.json`, and `qas/*.csv` with questions and answers only.
 * Both hold all that was said in one string, "q1 [SEP] a1 [SEP] q2".
 */
import { z } from "zod";
import { DataError } from "../../src/util/errors.ts";
import { Id, type Objective } from "../../src/schema/records.ts";
import { pythonStrings } from "../nq/python-list.ts";
import type { TsvRow } from "../tsv.ts";
import type { DatasetEvent, DatasetTurn, Place } from "../types.ts";
import { collectionId } from "./record.ts";
import { type State, articleOf, goldPassage, historyOf, lastOf, shiftTo } from "./state.ts";

const Count = z.union([z.int().min(1), z.string().regex(/^[1-9]\d{0,8}$/)]);
const Conversation = z.union([z.int().min(0), z.string().regex(/^\d{1,9}$/)]);
const Context = z
  .object({ title: z.string().nullish(), text: z.string(), passage_id: z.union([Id, z.int()]) })
  .transform(({ title, text, passage_id }) => ({ id: collectionId(String(passage_id)), title: title ?? "", text }));

export const RetrieverRecord = z
  .object({
    conv_id: Conversation,
    turn_id: Count,
    question: z.string().min(1),
    answers: z.array(z.string()),
    positive_ctxs: z.array(Context),
    hard_negative_ctxs: z.array(Context).default([]),
  })
  .transform(({ conv_id, turn_id, question, answers, positive_ctxs, hard_negative_ctxs }) => ({
    conversation: String(conv_id),
    turn: Number(turn_id),
    question,
    answers,
    positives: positive_ctxs,
    negatives: hard_negative_ctxs,
  }));
export type RetrieverRecord = z.infer<typeof RetrieverRecord>;

export function isRetrieverRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null && "positive_ctxs" in value;
}

/** Everything said, the question last: no question or answer holds the separator. */
function saidIn({ conversation, turn, question }: RetrieverRecord, place: Place): string[] {
  const said = question.split(" [SEP] ");
  if (said.length !== 2 * turn - 1) {
    throw new DataError(
      `The turn "${conversation}_${turn}" has ${said.length} parts joined by " [SEP] ", expected ${2 * turn - 1} (two per earlier turn and the question): only the files with all history can be prepared.`,
      place,
    );
  }
  if (said.at(-1) === "") throw new DataError(`The turn "${conversation}_${turn}" has no question.`, place);
  return said;
}

/** A turn of the retriever files: the whole conversation in one string, its gold passage with text, and passages to tell it from. */
export function* retrieverEvents(record: RetrieverRecord, state: State, place: Place): Generator<DatasetEvent> {
  const { conversation, turn, answers, positives, negatives } = record;
  const said = saidIn(record, place);
  const question = said.at(-1)!;
  const last = lastOf(conversation, state);
  const history = historyOf(said.slice(0, -1), last);
  const article = positives[0] === undefined ? "" : articleOf(positives[0].title);
  const tags = { topic_shift: shiftTo(article, { turn, last }) };
  state.last = { conversation, topic: article || (last?.topic ?? ""), history, exchange: { question, response: answers[0] ?? "" } };
  state.releases.add("final");
  const id = `${conversation}_${turn}`;
  const evidence = positives.map((passage) => passage.id);
  const responses = answers.map((text, at) => ({ text, evidence: at === 0 ? evidence : [] }));
  const event: DatasetTurn = { conversation, turn, history, question, responses, tags: positives.length > 0 ? tags : {} };
  if (positives.length > 0) {
    const objectives: Objective[] = answers.length > 0 ? ["retrieval", "generation", "context-identification"] : ["retrieval"];
    event.training = { positive: "gold", objectives, positives, negatives };
  }
  yield { kind: "turn", turn: event, place };
  for (const passage of positives) {
    if (!state.hasQrels) yield { kind: "judgement", turn: id, passage: passage.id, relevance: 1, place };
    if (!state.hasCollection) yield* goldPassage(passage, state, place);
  }
}

/** A row `question<TAB>conversation<TAB>turn<TAB>['answer', …]`; the first may be a header. */
export function questionRowEvents({ fields, line }: TsvRow, state: State, file: string): Iterable<DatasetEvent> {
  const place = { file, line };
  const [question = "", conversation = "", turn = "", list = "", ...more] = fields;
  if (line === 1 && conversation === "conv_id") return [];
  const answers = pythonStrings(list);
  if (question === "" || !/^\d+$/.test(conversation) || !/^[1-9]\d*$/.test(turn) || answers === undefined || more.length > 0) {
    const found = JSON.stringify(fields.join("\t").slice(0, 60));
    throw new DataError(`Expected "question<TAB>conversation<TAB>turn<TAB>['answer', …]", found ${found}.`, place);
  }
  return retrieverEvents({ conversation, turn: Number(turn), question, answers, positives: [], negatives: [] }, state, place);
}

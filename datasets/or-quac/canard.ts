/** @file CANARD (Elgohary et al., EMNLP 2019): the questions of OR-QuAC with their rewrites. The answer to a question stands in the history of the next. */
import { z } from "zod";
import { type ReadOptions, refuse } from "../../src/util/chunks.ts";
import { DataError } from "../../src/util/errors.ts";
import { readJsonArray } from "../../src/util/json-stream.ts";
import { pairUp } from "../history.ts";
import { checkRecord } from "../record.ts";
import type { DatasetEvent, Place } from "../types.ts";

const CanardQuestion = z.object({
  /** Article title, section title, then questions and answers in turn. */
  History: z.array(z.string()).min(2),
  QuAC_dialog_id: z.string().min(1),
  Question: z.string().min(1),
  Question_no: z.int().min(1),
  Rewrite: z.string(),
});
type CanardQuestion = z.infer<typeof CanardQuestion>;

interface Found {
  record: CanardQuestion;
  place: Place;
}

export async function* readCanard(file: string, { warn, problem }: ReadOptions): AsyncGenerator<Iterable<DatasetEvent>> {
  let waiting: Found | undefined;
  for await (const { value, line } of readJsonArray(file, { warn })) {
    const found = checked(value, { file, line }, problem);
    if (waiting) yield [turnEvent(waiting, found?.record)];
    waiting = found;
  }
  if (waiting) yield [turnEvent(waiting, undefined)];
}

/** Undefined where the record is bad and that is told. */
function checked(value: unknown, place: Place, problem: ReadOptions["problem"]): Found | undefined {
  try {
    const record = checkRecord(CanardQuestion, value, "a CANARD question", place);
    if (record.History.length === 2 * record.Question_no) return { record, place };
    const expected = `expected ${2 * record.Question_no} (article, section, and two per earlier question)`;
    throw new DataError(
      `Question ${record.Question_no} of "${record.QuAC_dialog_id}" has ${record.History.length} history entries, ${expected}.`,
      place,
    );
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    refuse(error, { problem });
    return undefined;
  }
}

function turnEvent({ record, place }: Found, next: CanardQuestion | undefined): DatasetEvent {
  const follows = next?.QuAC_dialog_id === record.QuAC_dialog_id && next.Question_no === record.Question_no + 1;
  const [article, section, ...context] = record.History;
  return {
    kind: "turn",
    turn: {
      conversation: record.QuAC_dialog_id,
      turn: record.Question_no,
      history: pairUp(context),
      question: record.Question,
      unanswered: "an answer stands in the history of the next question, and these are the last of their dialogues",
      responses: follows ? [{ text: next.History.at(-1)!, evidence: [] }] : [],
      tags: { rewrite: record.Rewrite, article: article!, section: section! },
    },
    place,
  };
}

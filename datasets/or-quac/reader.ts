/** @file OR-QuAC (Qu et al., SIGIR 2020): QuAC's dialogues as open retrieval; CANARD's file of the same turns is read too. */
import { z } from "zod";
import { Id, type TrainResponse } from "../../src/schema/records.ts";
import { DataError } from "../../src/util/errors.ts";
import { readNumberedJsonl } from "../../src/util/jsonl.ts";
import { idFormat } from "../../src/util/turn-ids.ts";
import { readJudgements } from "../judgements.ts";
import { readPlainCollection } from "../plain-collection.ts";
import { firstCharacter } from "../shape.ts";
import type { DatasetEvent, DatasetInput, DatasetReader, Place } from "../types.ts";
import { readCanard } from "./canard.ts";

const Answer = z.object({ text: z.string() });
const Question = z.object({
  qid: Id,
  question: z.string().min(1),
  rewrite: z.string().optional(),
  answer: Answer.optional(),
  history: z.array(z.object({ question: z.string(), answer: Answer })),
});

const QUESTION_ID = idFormat("or-quac");

async function* read({ input, collection, qrels, warn, problem }: DatasetInput): AsyncGenerator<Iterable<DatasetEvent>> {
  for (const file of input) {
    if ((await firstCharacter(file)) === "[") yield* readCanard(file, { warn, problem });
    else
      for await (const { record, line } of readNumberedJsonl(file, Question, { warn, problem })) yield turnEvents(record, { file, line });
  }
  const note = "OR-QuAC keeps its gold passages in a file of their own: without --qrels qrels.txt there is nothing to judge retrieval by.";
  if (qrels.length === 0) yield [{ kind: "note", text: note }];
  // One file covers all splits: judgements about turns that are not in the input are counted as left out.
  yield* readJudgements(qrels, { turns: ["or-quac"], problem });
  for (const file of collection) yield* readPlainCollection(file, { warn, problem });
}

function* turnEvents({ qid, question, rewrite, answer, history }: z.infer<typeof Question>, place: Place): Generator<DatasetEvent> {
  // "C_…_0_q#3" is the fourth question of the dialogue "C_…_0".
  const id = QUESTION_ID.ours(qid);
  if (id === undefined) throw new DataError(`"${qid}" is no OR-QuAC question id; expected DIALOGUE_q#INDEX.`, place);
  const at = id.lastIndexOf("_");
  // CANNOTANSWER and NOTRECOVERED are QuAC's own texts for "no answer", and references like any other.
  const responses: TrainResponse[] = answer === undefined || answer.text === "" ? [] : [{ text: answer.text, evidence: [] }];
  yield {
    kind: "turn",
    turn: {
      conversation: id.slice(0, at),
      turn: Number(id.slice(at + 1)),
      history: history.map((earlier) => ({ question: earlier.question, response: earlier.answer.text })),
      question,
      responses,
      tags: rewrite === undefined ? {} : { rewrite },
    },
    place,
  };
}

const reader: DatasetReader = {
  summary: "OR-QuAC preprocessed/{train,dev,test}.txt or CANARD JSON; --qrels qrels.txt --collection all_blocks.txt",
  options: ["collection", "qrels"],
  sample: { input: ["sample/test.txt"], collection: ["sample/all_blocks.txt"], qrels: ["sample/qrels.txt"] },
  read,
};
export default reader;

/** @file MS MARCO question answering v2.1 (Nguyen et al., 2016) as JSON lines: answers written by people, passages they selected. */
import { z } from "zod";
import { Id, type Passage } from "../../src/schema/records.ts";
import { DataError } from "../../src/util/errors.ts";
import { sha256 } from "../../src/util/hash.ts";
import { readNumberedJsonl } from "../../src/util/jsonl.ts";
import type { DatasetEvent, DatasetInput, DatasetReader, Place } from "../types.ts";

const Query = z.object({
  query_id: z.union([Id, z.int()]),
  query: z.string().min(1),
  query_type: z.string().optional(),
  answers: z.array(z.string()),
  // pandas wrote the text "[]" where there is none.
  wellFormedAnswers: z.union([z.array(z.string()), z.literal("[]")]).optional(),
  passages: z.array(z.object({ is_selected: z.int(), passage_text: z.string() })).default([]),
});
type Query = z.infer<typeof Query>;

const NO_ANSWER = "No Answer Present.";

async function* read({ input, warn, problem }: DatasetInput): AsyncGenerator<Iterable<DatasetEvent>> {
  const written = new Set<string>();
  let unanswered = 0;
  for (const file of input) {
    try {
      for await (const { record, line } of readNumberedJsonl(file, Query, { warn, problem })) {
        if (record.answers.includes(NO_ANSWER)) unanswered++;
        yield queryEvents(record, { place: { file, line }, written });
      }
    } catch (error) {
      // The first line is the whole file then: too long, or with an object where one query has a text.
      if (error instanceof DataError && error.line === 1 && /received object|longer than/.test(error.message))
        throw new DataError("one object of columns, as published; the authors' own Utils/tojsonl.py turns it into JSON lines", {
          file,
          line: 1,
        });
      throw error;
    }
  }
  const note = `${unanswered} of these turns are answered by "${NO_ANSWER}": BLEU and ROUGE-L-msmarco leave them out, as MS MARCO's own evaluation does.`;
  if (unanswered > 0) yield [{ kind: "note", text: note }];
}

/** The files give passages no ids: a text is its own id, so that equal passages of different queries are one. */
function* queryEvents(query: Query, { place, written }: { place: Place; written: Set<string> }): Generator<DatasetEvent> {
  const [selected, others] = [1, 0].map((flag) =>
    query.passages
      .filter(({ is_selected }) => is_selected === flag)
      .map(({ passage_text: text }): Passage => ({ id: sha256(text).slice(0, 16), title: "", text })),
  ) as [Passage[], Passage[]];
  const evidence = [...new Set(selected.map(({ id }) => id))];
  const formed = query.wellFormedAnswers;
  const answers = formed !== undefined && formed !== "[]" && formed.length > 0 ? formed : query.answers;
  const responses = answers.map((text) => ({ text, evidence }));
  const conversation = String(query.query_id);
  const trains = evidence.length > 0 && answers.length > 0;
  yield {
    kind: "turn",
    turn: {
      conversation,
      turn: 1,
      history: [],
      question: query.query,
      responses,
      tags: query.query_type === undefined ? {} : { query_type: query.query_type },
      ...(trains && {
        training: {
          positive: "gold" as const,
          objectives: ["retrieval" as const, "generation" as const, "context-identification" as const],
          positives: selected.filter(({ id }, at) => selected.findIndex((same) => same.id === id) === at),
          negatives: others.filter(({ id }) => !evidence.includes(id)),
        },
      }),
    },
    place,
  };
  for (const passage of selected) {
    if (!written.has(passage.id)) yield { kind: "passage", passage, place };
    written.add(passage.id);
  }
  if (evidence.length === 0) yield { kind: "unjudged", turn: `${conversation}_1`, reason: "no passage was selected for them" };
  for (const passage of evidence) yield { kind: "judgement", turn: `${conversation}_1`, passage, relevance: 1, place };
}

const reader: DatasetReader = {
  summary: "MS MARCO QA v2.1 as JSON lines; the selected passages are the pool and the gold",
  options: [],
  sample: { input: ["sample/dev_v2.1.jsonl"] },
  read,
};
export default reader;

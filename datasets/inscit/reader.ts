/** @file INSCIT (Wu et al., TACL 2023): mixed-initiative information seeking, one JSON object keyed by dialogue. */
import { z } from "zod";
import { Id, type TrainResponse } from "../../src/schema/records.ts";
import { DataError } from "../../src/util/errors.ts";
import { readJsonObject } from "../../src/util/json-stream.ts";
import { pairUp } from "../history.ts";
import { checkRecord } from "../record.ts";
import { expectShape } from "../shape.ts";
import type { DatasetEvent, DatasetInput, DatasetReader, Place } from "../types.ts";
import { readWikiSegments } from "../wiki-segments.ts";

const Evidence = z.object({ passage_id: Id, passage_text: z.string(), passage_titles: z.array(z.string()) });
const Label = z.object({ responseType: z.string(), response: z.string(), evidence: z.array(Evidence) });
const DialogueTurn = z.object({ context: z.array(z.string()).min(1), labels: z.array(Label).min(1) });
const Dialogue = z.object({ turns: z.array(DialogueTurn).min(1) });

type Evidence = z.infer<typeof Evidence>;
type DialogueTurn = z.infer<typeof DialogueTurn>;

async function* read({ input, collection, warn, problem }: DatasetInput): AsyncGenerator<Iterable<DatasetEvent>> {
  // Without the 49M-passage corpus the pool is what the annotators found, kept to see that an id always means one text.
  const pool = new Map<string, { title: string; text: string }>();
  for (const file of input) {
    await expectShape({ file, first: "{", files: "INSCIT files", of: "dialogues" });
    for await (const { key: dialogue, value, line } of readJsonObject(file, { warn, problem })) {
      yield dialogueEvents(value, { dialogue, pool, fromEvidence: collection.length === 0, place: { file, line } });
    }
  }
  const note = "The passages are the evidence inside the file; the full corpus (--collection) is a download of its own.";
  if (collection.length === 0) yield [{ kind: "note", text: note }];
  for (const file of collection) yield* readWikiSegments(file, { problem });
}

function* dialogueEvents(value: unknown, task: Omit<TurnTask, "turn" | "position">): Generator<DatasetEvent> {
  const { turns } = checkRecord(Dialogue, value, "an INSCIT dialogue", task.place);
  for (const [i, turn] of turns.entries()) yield* turnEvents({ ...task, turn, position: i + 1 });
}

interface TurnTask {
  dialogue: string;
  turn: DialogueTurn;
  position: number;
  pool: Map<string, { title: string; text: string }>;
  /** Whether the evidence is to become the passages. */
  fromEvidence: boolean;
  place: Place;
}

function* turnEvents({ dialogue, turn, position, pool, fromEvidence, place }: TurnTask): Generator<DatasetEvent> {
  const { context, labels } = turn;
  const id = `${dialogue}_${position}`;
  if (context.length !== 2 * position - 1) {
    throw new DataError(
      `The turn "${id}" has ${context.length} context entries, expected ${2 * position - 1} (two per earlier turn and the question).`,
      place,
    );
  }
  // Which label went on into the next turn's context differs from turn to turn: the context itself is the history.
  const history = pairUp(context.slice(0, -1));
  const responses: TrainResponse[] = labels.map((label) => ({
    text: label.response,
    evidence: [...new Set(label.evidence.map((item) => item.passage_id))],
  }));
  // Sorted: which annotator came first is no difference between turns.
  const tags = { response_type: [...new Set(labels.map((label) => label.responseType))].sort().join("+") };
  yield { kind: "turn", turn: { conversation: dialogue, turn: position, history, question: context.at(-1)!, responses, tags }, place };

  const gold = new Map<string, Evidence>();
  for (const label of labels) for (const item of label.evidence) gold.set(item.passage_id, item);
  if (gold.size === 0) yield { kind: "unjudged", turn: id, reason: "no label rests on a passage (the union of their evidence is empty)" };
  for (const [passage, item] of gold) {
    if (fromEvidence) yield* passageEvent(passage, item, pool, place);
    yield { kind: "judgement", turn: id, passage, relevance: 1, place };
  }
}

function* passageEvent(id: string, item: Evidence, pool: TurnTask["pool"], place: Place): Generator<DatasetEvent> {
  const title = item.passage_titles.join(" [SEP] ");
  const text = item.passage_text;
  const known = pool.get(id);
  if (known === undefined) {
    pool.set(id, { title, text });
    yield { kind: "passage", passage: { id, title, text }, place };
  } else if (known.title !== title || known.text !== text) {
    throw new DataError(`The passage id "${id}" stands for two different texts.`, place);
  }
}

const reader: DatasetReader = {
  summary: "INSCIT {train,dev,test}.json; all labels' responses, the union of their evidence as gold",
  options: ["collection"],
  sample: { input: ["sample/dev.json"] },
  read,
};
export default reader;

/** @file TopiOCQA (Adlakha et al., TACL 2022): topic-switching conversations over Wikipedia, first and final release. */
import type { Exchange, TrainResponse } from "../../src/schema/records.ts";
import { type ReadOptions, refuse } from "../../src/util/chunks.ts";
import { DataError, UsageError } from "../../src/util/errors.ts";
import { type ArrayElement, readContextArray } from "../context-array.ts";
import { pairUp } from "../history.ts";
import { readJudgements } from "../judgements.ts";
import { checkRecord } from "../record.ts";
import { expectShape } from "../shape.ts";
import type { DatasetEvent, DatasetInput, DatasetReader, DatasetTurn, Place } from "../types.ts";
import { readWikiSegments } from "../wiki-segments.ts";
import { TopiocqaRecord, additionalAnswers, collectionId, isPlainRecord } from "./record.ts";

async function* read(input: DatasetInput): AsyncGenerator<Iterable<DatasetEvent>> {
  const state: State = {
    hasCollection: input.collection.length > 0,
    hasQrels: input.qrels.length > 0,
    goldTexts: new Map(),
    last: undefined,
    releases: new Set(),
  };
  for (const file of input.input) {
    await expectShape({ file, first: "[", files: "TopiOCQA files", of: "turns" });
    for await (const elements of readContextArray(file, input.warn)) yield elementEvents(elements, state, { file, problem: input.problem });
  }
  if (state.releases.has("first")) yield [{ kind: "note", text: firstReleaseNote }];
  yield* readJudgements(input.qrels, {
    turn: (name) => name.replace(/^(\d+)-(\d+)$/, "$1_$2"),
    passage: collectionId,
    problem: input.problem,
  });
  for (const file of input.collection) yield* readWikiSegments(file, { problem: input.problem });
}

const firstReleaseNote =
  "This is TopiOCQA's first release: it names no gold passages, so there is nothing to judge retrieval by; training uses stand-ins made from topic, section and answer.";

interface State {
  hasCollection: boolean;
  hasQrels: boolean;
  /** Gold passages met so far: an id must always stand for one text. */
  goldTexts: Map<string, string>;
  last: { conversation: number; topic: string; history: Exchange[]; exchange: Exchange } | undefined;
  releases: Set<"first" | "renumbered" | "final">;
}

function* elementEvents(
  elements: readonly ArrayElement[],
  state: State,
  { file, problem }: { file: string } & Pick<ReadOptions, "problem">,
): Generator<DatasetEvent> {
  for (const { value, line } of elements) {
    const place = { file, line };
    try {
      const record = isPlainRecord(value) ? value : checkRecord(TopiocqaRecord, value, "a TopiOCQA turn", place);
      yield* recordEvents(record, state, place);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      refuse(error, { problem });
    }
  }
}

function* recordEvents(record: TopiocqaRecord, state: State, place: Place): Generator<DatasetEvent> {
  const { Conversation_no: conversation, Turn_no: turn, Question: question, Answer: answer, Topic: topic } = record;
  const id = `${conversation}_${turn}`;
  const release = record.Gold_passage !== undefined ? "final" : record.Gold_passage_id !== undefined ? "renumbered" : "first";
  state.releases.add(release);
  if (release === "first" && state.hasQrels) {
    throw new UsageError(
      `${place.file} is TopiOCQA's first release, whose conversations are numbered otherwise than in every published qrels file: the two must not be joined. Leave --qrels out, or give the final release.`,
    );
  }
  if (record.Context.length !== 2 * (turn - 1)) {
    throw new DataError(
      `The turn "${id}" has ${record.Context.length} context entries, expected ${2 * (turn - 1)} (two per earlier turn).`,
      place,
    );
  }
  const last = state.last?.conversation === conversation ? state.last : undefined;
  const history = last === undefined ? pairUp(record.Context) : shareHistory(record.Context, last);
  const exchange = { question, response: answer };
  state.last = { conversation, topic: topic === "" ? (last?.topic ?? "") : topic, history, exchange };

  const gold = record.Gold_passage?.id ?? record.Gold_passage_id;
  const evidence = gold === undefined ? [] : [collectionId(gold)];
  const responses: TrainResponse[] = [{ text: answer, evidence }];
  for (const text of additionalAnswers(record)) responses.push({ text, evidence: [] });
  // Unanswerable turns have no topic: they neither switch to one nor away from one.
  const known = last?.topic ?? "";
  const switches = topic !== "" && known !== "" && topic !== known;
  const tags: Record<string, string> = { topic_shift: turn === 1 ? "first" : switches ? "switch" : "continue" };
  if (topic !== "") {
    tags["topic"] = topic;
    tags["section"] = record.Topic_section;
  }
  const hasGoldText = release === "final" || (state.hasCollection && release !== "first");
  const event: DatasetTurn = { conversation: String(conversation), turn, history, question, responses, tags };
  if (record.Rationale) event.evidence = [record.Rationale];
  if (!hasGoldText) event.training = standIn(id, record);
  yield { kind: "turn", turn: event, place };

  if (gold !== undefined && !state.hasQrels) yield { kind: "judgement", turn: id, passage: collectionId(gold), relevance: 1, place };
  if (record.Gold_passage !== undefined && !state.hasCollection) yield* goldPassage(record.Gold_passage, state, place);
}

/** Turns of a conversation share the exchanges they have in common, which saves both memory and writing them anew. */
function shareHistory(context: readonly string[], { history: known, exchange }: { history: Exchange[]; exchange: Exchange }): Exchange[] {
  const history: Exchange[] = [];
  for (let i = 0; 2 * i < context.length; i++) {
    const same = i < known.length ? known[i]! : exchange;
    const question = context[2 * i]!;
    const response = context[2 * i + 1]!;
    history.push(same.question === question && same.response === response ? same : { question, response });
  }
  return history;
}

/** Where no gold passage is known, "Topic. Topic_section. Answer" stands in; answers too short to stand for a passage only teach to answer. */
function standIn(
  id: string,
  { Answer: answer, Topic: topic, Topic_section: section }: TopiocqaRecord,
): NonNullable<DatasetTurn["training"]> {
  if (answer === "UNANSWERABLE" || !/\S\s+\S+\s+\S/.test(answer)) return { positive: "none", objectives: ["generation"], positives: [] };
  const title = [topic, section].filter((part) => part !== "").join(". ");
  return {
    positive: "pseudo",
    objectives: ["retrieval", "generation", "context-identification"],
    positives: [{ id: `pseudo:${id}`, title, text: answer }],
  };
}

function* goldPassage(passage: NonNullable<TopiocqaRecord["Gold_passage"]>, state: State, place: Place): Generator<DatasetEvent> {
  const id = collectionId(passage.id);
  const { title, text } = passage;
  const known = state.goldTexts.get(id);
  if (known === undefined) {
    state.goldTexts.set(id, text);
    yield { kind: "passage", passage: { id, title, text }, place };
  } else if (known !== text) {
    throw new DataError(`The gold passage "${id}" stands for two different texts.`, place);
  }
}

const reader: DatasetReader = {
  summary: "TopiOCQA topiocqa_{train,dev}.json, first or final release; --collection full_wiki_segments.tsv --qrels FILE",
  options: ["collection", "qrels"],
  sample: { input: ["sample/final_dev.json"] },
  read,
};
export default reader;

/** @file TopiOCQA (Adlakha et al., TACL 2022): topic-switching conversations over Wikipedia, first and final release. */
import type { TrainResponse } from "../../src/schema/records.ts";
import { DataError, UsageError } from "../../src/util/errors.ts";
import { type ArrayElement, readContextArray } from "../context-array.ts";
import { readJudgements } from "../judgements.ts";
import { checkRecord, eventsOfEach } from "../record.ts";
import { expectShape } from "../shape.ts";
import { readQuotedRows } from "../tsv.ts";
import type { DatasetEvent, DatasetInput, DatasetReader, DatasetTurn, Place } from "../types.ts";
import { readWikiSegments } from "../wiki-segments.ts";
import { TopiocqaRecord, additionalAnswers, collectionId, isPlainRecord } from "./record.ts";
import { RetrieverRecord, isRetrieverRecord, questionRowEvents, retrieverEvents } from "./retriever.ts";
import { type State, articleOf, goldPassage, historyOf, lastOf, shiftTo } from "./state.ts";

async function* read(input: DatasetInput): AsyncGenerator<Iterable<DatasetEvent>> {
  const state: State = {
    hasCollection: input.collection.length > 0,
    hasQrels: input.qrels.length > 0,
    goldTexts: new Map(),
    last: undefined,
    releases: new Set(),
  };
  for (const file of input.input) {
    if (/\.[ct]sv(\.gz)?$/.test(file)) {
      for await (const rows of readQuotedRows(file)) yield eventsOfEach(rows, (row) => questionRowEvents(row, state, file), input);
      continue;
    }
    await expectShape({ file, first: "[", files: "TopiOCQA files", of: "turns" });
    for await (const elements of readContextArray(file, input.warn))
      yield eventsOfEach(elements, (element) => elementEvents(element, state, file), input);
  }
  if (state.releases.has("first")) yield [{ kind: "note", text: firstReleaseNote }];
  yield* readJudgements(input.qrels, { turns: ["topiocqa", "retpo"], passage: collectionId, problem: input.problem });
  for (const file of input.collection) yield* readWikiSegments(file, { problem: input.problem });
}

const firstReleaseNote =
  "This is TopiOCQA's first release: it names no gold passages, so there is nothing to judge retrieval by; training uses stand-ins made from topic, section and answer.";

function* elementEvents({ value, line }: ArrayElement, state: State, file: string): Generator<DatasetEvent> {
  const place = { file, line };
  if (isRetrieverRecord(value)) {
    yield* retrieverEvents(checkRecord(RetrieverRecord, value, "a turn of TopiOCQA's retriever files", place), state, place);
  } else {
    const record = isPlainRecord(value) ? value : checkRecord(TopiocqaRecord, value, "a TopiOCQA turn", place);
    yield* recordEvents(record, state, place);
  }
}

function* recordEvents(record: TopiocqaRecord, state: State, place: Place): Generator<DatasetEvent> {
  const { Turn_no: turn, Question: question, Answer: answer, Topic: topic } = record;
  const conversation = String(record.Conversation_no);
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
  const last = lastOf(conversation, state);
  const history = historyOf(record.Context, last);
  // Unanswerable turns have no topic; where their gold passage is known, its article is what they are about.
  const about = topic === "" && record.Gold_passage !== undefined ? articleOf(record.Gold_passage.title) : topic;
  const topic_shift = shiftTo(about, { turn, last });
  state.last = { conversation, topic: about === "" ? (last?.topic ?? "") : about, history, exchange: { question, response: answer } };

  const gold = record.Gold_passage?.id ?? record.Gold_passage_id;
  const evidence = gold === undefined ? [] : [collectionId(gold)];
  const responses: TrainResponse[] = [{ text: answer, evidence }];
  for (const text of additionalAnswers(record)) responses.push({ text, evidence: [] });
  const tags: Record<string, string> = { topic_shift };
  if (topic !== "") {
    tags["topic"] = topic;
    tags["section"] = record.Topic_section;
  }
  const hasGoldText = release === "final" || (state.hasCollection && release !== "first");
  const event: DatasetTurn = { conversation, turn, history, question, responses, tags };
  if (record.Rationale) event.evidence = [record.Rationale];
  if (!hasGoldText) event.training = standIn(id, record);
  yield { kind: "turn", turn: event, place };

  if (gold !== undefined && !state.hasQrels) yield { kind: "judgement", turn: id, passage: collectionId(gold), relevance: 1, place };
  if (record.Gold_passage !== undefined && !state.hasCollection)
    yield* goldPassage({ ...record.Gold_passage, id: collectionId(record.Gold_passage.id) }, state, place);
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

const reader: DatasetReader = {
  summary:
    "TopiOCQA topiocqa_{train,dev}.json, first or final release, or its retriever files; --collection full_wiki_segments.tsv --qrels FILE",
  options: ["collection", "qrels"],
  sample: { input: ["sample/final_dev.json"] },
  read,
};
export default reader;

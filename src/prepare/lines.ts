/**
 * @file The lines of turns.jsonl, train.jsonl and passages.jsonl. The first two repeat the history of every turn, which is most of their bytes: it is written
 * once, and a turn adds to what the turn before it had.
 */
import type { DatasetTurn, Split } from "../../datasets/types.ts";
import type { Exchange, Passage, TrainResponse, TrainSample } from "../schema/records.ts";
import { JsonBytes } from "../util/json-bytes.ts";

/** The JSON of histories, without the brackets. */
export class HistoryBytes {
  readonly #json = new JsonBytes();
  #exchanges: readonly Exchange[] = [];

  /** Valid until the next call. */
  of(history: readonly Exchange[]): Uint8Array {
    const known = goesOn(this.#exchanges, history) ? this.#exchanges.length : 0;
    if (known === 0) this.#json.clear();
    for (let i = known; i < history.length; i++) {
      const { question, response } = history[i]!;
      this.#json
        .raw(i === 0 ? '{"question":' : ',{"question":')
        .string(question)
        .raw(',"response":')
        .string(response)
        .raw("}");
    }
    this.#exchanges = history;
    return this.#json.view();
  }
}

function goesOn(known: readonly Exchange[], history: readonly Exchange[]): boolean {
  if (known.length > history.length) return false;
  for (let i = 0; i < known.length; i++) if (known[i] !== history[i]) return false;
  return true;
}

export interface TurnTask {
  turn: DatasetTurn;
  id: string;
  split: Split;
  history: Uint8Array;
}

/** Keys in the order of the `Turn` schema. */
export function turnLine(json: JsonBytes, { turn, id, split, history }: TurnTask): Uint8Array {
  const { conversation, turn: position, question, responses, evidence, tags } = turn;
  json.clear().raw('{"id":').string(id).raw(',"conversation":').string(conversation);
  json.raw(`,"turn":${position},"split":"${split}","history":[`).bytes(history);
  json.raw('],"question":').string(question).raw(',"responses":[');
  for (let i = 0; i < responses.length; i++) {
    if (i > 0) json.raw(",");
    json.string(responses[i]!.text);
  }
  json.raw("]");
  if (evidence !== undefined) json.raw(',"evidence":').strings(evidence);
  json.raw(',"tags":{');
  let first = true;
  for (const key in tags) {
    if (!first) json.raw(",");
    json.string(key).raw(":").string(tags[key]!);
    first = false;
  }
  return json.raw("}}").view();
}

/** Keys in the order of the `TrainSample` schema. */
export function sampleLine(json: JsonBytes, sample: TrainSample, history: Uint8Array): Uint8Array {
  json.clear().raw('{"id":').string(sample.id).raw(',"source":').string(sample.source).raw(',"positive":').string(sample.positive);
  json.raw(',"objectives":').strings(sample.objectives).raw(',"history":[').bytes(history);
  json.raw('],"question":').string(sample.question);
  addPassages(json.raw(',"positives":'), sample.positives);
  addPassages(json.raw(',"negatives":'), sample.negatives);
  addResponses(json.raw(',"responses":'), sample.responses);
  return json.raw("}").view();
}

/** Keys in the order of the `Passage` schema. */
export function passageLine(json: JsonBytes, passage: Passage): Uint8Array {
  return addPassage(json.clear(), passage).view();
}

function addPassage(json: JsonBytes, { id, title, text }: Passage): JsonBytes {
  return json.raw('{"id":').string(id).raw(',"title":').string(title).raw(',"text":').string(text).raw("}");
}

function addPassages(json: JsonBytes, passages: readonly Passage[]): void {
  json.raw("[");
  for (let i = 0; i < passages.length; i++) addPassage(i === 0 ? json : json.raw(","), passages[i]!);
  json.raw("]");
}

function addResponses(json: JsonBytes, responses: readonly TrainResponse[]): void {
  json.raw("[");
  for (let i = 0; i < responses.length; i++) {
    const { text, evidence } = responses[i]!;
    json
      .raw(i === 0 ? '{"text":' : ',{"text":')
      .string(text)
      .raw(',"evidence":')
      .strings(evidence)
      .raw("}");
  }
  json.raw("]");
}

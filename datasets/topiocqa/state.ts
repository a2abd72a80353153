/** @file What the turns of TopiOCQA's files have in common: the turn before, the topic spoken of, and the gold passages met. */
import type { Exchange, Passage } from "../../src/schema/records.ts";
import { DataError } from "../../src/util/errors.ts";
import { pairUp } from "../history.ts";
import type { DatasetEvent, Place } from "../types.ts";

export interface State {
  hasCollection: boolean;
  hasQrels: boolean;
  /** Gold passages met so far: an id must always stand for one text. */
  goldTexts: Map<string, string>;
  last: { conversation: string; topic: string; history: Exchange[]; exchange: Exchange } | undefined;
  releases: Set<"first" | "renumbered" | "final">;
}

export function lastOf(conversation: string, { last }: State): State["last"] {
  return last?.conversation === conversation ? last : undefined;
}

/** A turn about nothing known neither switches to a topic nor away from one. */
export function shiftTo(about: string, { turn, last }: { turn: number; last: State["last"] }): "first" | "switch" | "continue" {
  if (turn === 1) return "first";
  return about !== "" && last !== undefined && last.topic !== "" && about !== last.topic ? "switch" : "continue";
}

/** Titles are "Article [SEP] Section". */
export const articleOf = (title: string): string => title.split(" [SEP] ", 1)[0]!;

/** Turns of a conversation share the exchanges they have in common, which saves both memory and writing them anew. */
export function historyOf(context: readonly string[], last: State["last"]): Exchange[] {
  if (last === undefined) return pairUp(context);
  const { history: known, exchange } = last;
  const history: Exchange[] = [];
  for (let i = 0; 2 * i < context.length; i++) {
    const same = i < known.length ? known[i]! : exchange;
    const question = context[2 * i]!;
    const response = context[2 * i + 1]!;
    history.push(same.question === question && same.response === response ? same : { question, response });
  }
  return history;
}

export function* goldPassage({ id, title, text }: Passage, state: State, place: Place): Generator<DatasetEvent> {
  const known = state.goldTexts.get(id);
  if (known === undefined) {
    state.goldTexts.set(id, text);
    yield { kind: "passage", passage: { id, title, text }, place };
  } else if (known !== text) {
    throw new DataError(`The gold passage "${id}" stands for two different texts.`, place);
  }
}

/** @file Relevance judgements as events; most datasets name their turns otherwise in them than we do. */
import type { ReadOptions } from "../src/util/chunks.ts";
import { DataError } from "../src/util/errors.ts";
import { readQrels } from "../src/util/qrels.ts";
import { type ID_FORMATS, idFormat, TurnNames } from "../src/util/turn-ids.ts";
import type { DatasetEvent } from "./types.ts";

export interface JudgementNames {
  /** How the published files name turns: an id that no format fits is ours already. */
  turns?: readonly (keyof typeof ID_FORMATS)[];
  passage?: (id: string) => string;
}

const same = (name: string): string => name;

/** The judgements of `files`, a turn's at a time. */
export async function* readJudgements(
  files: readonly string[],
  { turns = [], passage = same, ...reading }: JudgementNames & Pick<ReadOptions, "warn" | "problem"> = {},
): AsyncGenerator<Iterable<DatasetEvent>> {
  // One file holds no pair twice; of several, each pair has to be remembered.
  const first = new Map<string, string>();
  for (const file of files) {
    const names = new TurnNames({ file, formats: turns.map((name) => idFormat(name)), otherwise: "keep" });
    const without: string[] = [];
    for (const [turn, grades] of await readQrels(file, { ...reading, names, withoutGold: (name) => without.push(name) }))
      yield judgementEvents([...grades], { turn, passage, file, first: files.length > 1 ? first : undefined });
    yield without.map((turn) => ({ kind: "unjudged", turn, reason: "the judgements say that no passage answers them" }));
    yield [...names.counts].map(([format, count]) => ({ kind: "renamed", format, turns: count }));
  }
}

function* judgementEvents(
  grades: readonly [string, number][],
  { turn, passage, file, first }: { turn: string; passage: (id: string) => string; file: string; first: Map<string, string> | undefined },
): Generator<DatasetEvent> {
  for (const [id, relevance] of grades) {
    const event = { kind: "judgement", turn, passage: passage(id), relevance, place: { file } } as const;
    const earlier = first?.get(`${turn}\t${event.passage}`);
    if (earlier !== undefined)
      throw new DataError(`The passage "${event.passage}" is judged for the turn "${turn}" in ${earlier} already; keep one.`, event.place);
    first?.set(`${turn}\t${event.passage}`, file);
    yield event;
  }
}

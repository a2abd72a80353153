/** @file Relevance judgements as events; most datasets name their turns otherwise in them than we do. */
import type { ReadOptions } from "../src/util/chunks.ts";
import { readQrels } from "../src/util/qrels.ts";
import type { DatasetEvent } from "./types.ts";

export interface JudgementNames {
  /** Our id of the turn that the file calls `name`. */
  turn?: (name: string) => string;
  passage?: (id: string) => string;
}

const same = (name: string): string => name;

/** The judgements of `files`, a turn's at a time. */
export async function* readJudgements(
  files: readonly string[],
  { turn = same, passage = same, ...reading }: JudgementNames & Pick<ReadOptions, "warn" | "problem"> = {},
): AsyncGenerator<Iterable<DatasetEvent>> {
  for (const file of files) {
    for (const [name, grades] of await readQrels(file, reading))
      yield [...grades].map(([id, relevance]) => ({
        kind: "judgement",
        turn: turn(name),
        passage: passage(id),
        relevance,
        place: { file },
      }));
  }
}

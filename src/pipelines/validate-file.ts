/** @file Goes through one file to its end and says everything that is wrong with it. */
import type { z } from "zod";
import type { FileKind } from "../schema/options/validate.ts";
import { Passage, ResponseLine, RunLine, ScoreLine, TrainSample, Turn } from "../schema/records.ts";
import { DataError } from "../util/errors.ts";
import { checkJsonl } from "../util/jsonl.ts";
import { checkQrels } from "../util/qrels.ts";
import { readTrecRun } from "../util/trec-run.ts";

/** What the files of artifacts are, by name. */
export const fileKinds: Readonly<Record<string, FileKind>> = {
  "turns.jsonl": "turns",
  "passages.jsonl": "passages",
  "train.jsonl": "train",
  "qrels.tsv": "qrels",
  "run.jsonl": "run",
  "run.trec": "run",
  "responses.jsonl": "responses",
  "scores.jsonl": "scores",
};

interface Records<T> {
  schema: z.ZodType<T>;
  /** What must not repeat in the file. */
  unique?: (record: T) => string;
}

const of = <T>(records: Records<T>): Records<unknown> => records as Records<unknown>;
const RECORDS: Readonly<Partial<Record<FileKind, Records<unknown>>>> = {
  turns: of({ schema: Turn, unique: ({ id }) => id }),
  passages: of({ schema: Passage, unique: ({ id }) => id }),
  train: of({ schema: TrainSample }),
  run: of({ schema: RunLine, unique: ({ turn }) => turn }),
  responses: of({ schema: ResponseLine, unique: ({ turn }) => turn }),
  scores: of({ schema: ScoreLine, unique: ({ system, turn, metric }) => JSON.stringify([system, turn, metric]) }),
};

/** The number of good records. */
export async function checkFile({ path, kind }: { path: string; kind: FileKind }, report: (problem: string) => void): Promise<number> {
  if (kind === "qrels") return checkQrels(path, report);
  const records = RECORDS[kind];
  if (records === undefined || (kind === "run" && !/\.jsonl(\.gz)?$/.test(path))) return trecRun(path, report);
  const lines = new Map<string, number>();
  let good = 0;
  for await (const { line, record, problem } of checkJsonl(path, records.schema)) {
    if (problem !== undefined) {
      report(problem);
      continue;
    }
    good++;
    const id = records.unique?.(record);
    if (id === undefined) continue;
    const earlier = lines.get(id);
    if (earlier === undefined) lines.set(id, line);
    else report(new DataError(`${JSON.stringify(id)} is in line ${earlier} already`, { file: path, line }).message);
  }
  if (good === 0) report(`${path}: holds no good record`);
  return good;
}

/** Its rows depend on each other: the first problem is the only one that is certain. */
async function trecRun(path: string, report: (problem: string) => void): Promise<number> {
  try {
    return (await readTrecRun(path)).turns.length;
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    report(`${error.message} (reading stopped there)`);
    return 0;
  }
}

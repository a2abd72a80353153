/** @file Goes through one file to its end and says everything that is wrong with it. */
import type { z } from "zod";
import type { FileKind } from "../schema/options/validate.ts";
import { AnswerLine, Passage, RunLine, ScoreLine, TrainSample, Turn } from "../schema/records.ts";
import type { Problem } from "../util/chunks.ts";
import { readJsonl } from "../util/jsonl.ts";
import { checkQrels } from "../util/qrels.ts";
import { checkTrecRun } from "../util/trec-run.ts";

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
  responses: of({ schema: AnswerLine, unique: ({ turn }) => turn }),
  scores: of({ schema: ScoreLine, unique: ({ system, turn, metric }) => JSON.stringify([system, turn, metric]) }),
};

/** The number of good records. */
export async function checkFile(
  { path, kind }: { path: string; kind: FileKind },
  { problem, warn }: { problem: Problem; warn: (message: string) => void },
): Promise<number> {
  if (kind === "qrels") return checkQrels(path, problem);
  const records = RECORDS[kind];
  if (records === undefined || (kind === "run" && !/\.jsonl(\.gz)?$/.test(path))) return checkTrecRun(path, problem);
  const { schema, unique } = records;
  let good = 0;
  for await (const _ of readJsonl(path, schema, { unique, problem, warn })) good++;
  return good;
}

/** @file Goes through one file to its end and says everything that is wrong with it. */
import { join } from "node:path";
import type { z } from "zod";
import type { FileKind } from "../schema/options/validate.ts";
import { AnswerLine, Passage, RunLine, ScoreLine, TrainSample, Turn } from "../schema/records.ts";
import type { Problem } from "../util/chunks.ts";
import { DuplicateRows } from "../util/duplicate-rows.ts";
import { DataError } from "../util/errors.ts";
import { readJsonl, readNumberedJsonl } from "../util/jsonl.ts";
import { checkQrels } from "../util/qrels.ts";
import { inScratchDir } from "../util/scratch-dir.ts";
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
  train: of({ schema: TrainSample }),
  run: of({ schema: RunLine, unique: ({ turn }) => turn }),
  responses: of({ schema: AnswerLine, unique: ({ turn }) => turn }),
  scores: of({ schema: ScoreLine, unique: ({ system, turn, metric }) => JSON.stringify([system, turn, metric]) }),
};

interface Listener {
  problem: Problem;
  warn: (message: string) => void;
}

/** The number of good records. */
export async function checkFile({ path, kind }: { path: string; kind: FileKind }, { problem, warn }: Listener): Promise<number> {
  if (kind === "qrels") return checkQrels(path, problem);
  if (kind === "passages") return checkPassages(path, { problem, warn });
  const records = RECORDS[kind];
  if (records === undefined || (kind === "run" && !/\.jsonl(\.gz)?$/.test(path))) return checkTrecRun(path, problem);
  const { schema, unique } = records;
  let good = 0;
  for await (const _ of readJsonl(path, schema, { unique, problem, warn })) good++;
  return good;
}

/** A collection may have more ids than a map holds: they are compared by hashes on disk. */
function checkPassages(path: string, { problem, warn }: Listener): Promise<number> {
  return inScratchDir(async (dir) => {
    const rows = new DuplicateRows(join(dir, "passages"));
    let good = 0;
    try {
      for await (const { id } of readJsonl(path, Passage, { problem, warn })) {
        rows.add(id);
        good++;
      }
      const suspected = rows.suspects();
      return suspected === undefined ? good : good - (await reportTwins(path, suspected, problem));
    } finally {
      rows.close();
    }
  });
}

async function reportTwins(path: string, suspected: (id: string) => boolean, problem: Problem): Promise<number> {
  const lines = new Map<string, number>();
  let twins = 0;
  for await (const { record, line } of readNumberedJsonl(path, Passage, { problem: () => {} })) {
    if (!suspected(record.id)) continue;
    const earlier = lines.get(record.id);
    if (earlier === undefined) {
      lines.set(record.id, line);
      continue;
    }
    twins++;
    problem(new DataError(`the id ${JSON.stringify(record.id)} is in line ${earlier} already`, { file: path, line }));
  }
  return twins;
}

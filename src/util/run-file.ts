/** @file Runs on disk: `run.jsonl` and `run.trec` in an artifact, or a file of either form that somebody else made. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { RunLine } from "../schema/records.ts";
import { openArtifact } from "./artifact.ts";
import { holdsJson, type ReadOptions } from "./chunks.ts";
import { DataError } from "./errors.ts";
import { JsonlWriter, readNumberedJsonl } from "./jsonl.ts";
import { RunTableBuilder, type RankedPassage, type RunTable } from "./run-table.ts";
import { byScoreThenId } from "./sort.ts";
import { readTrecRun } from "./trec-run.ts";
import type { TurnNames } from "./turn-ids.ts";

export const RUN_JSONL = "run.jsonl";
export const RUN_TREC = "run.trec";

export interface RunFile {
  table: RunTable;
  /** The file that was read. */
  path: string;
  /** Made under --limit. */
  partial: boolean;
}

/** `path` is a run artifact, a `.jsonl` file or a TREC run (both also `.gz`). `names`: how a file names its turns; an artifact uses our ids. */
export async function readRun(path: string, { names, ...options }: ReadOptions & { names?: TurnNames | undefined } = {}): Promise<RunFile> {
  if (isDirectory(path)) {
    const artifact = await openArtifact(path, "run");
    // Both files hold the same rows; TREC lines are read several times faster than JSON.
    const file = artifact.path(artifact.has(RUN_TREC) ? RUN_TREC : RUN_JSONL);
    return { ...(await readRun(file, options)), partial: artifact.manifest.partial };
  }
  // A file's name says what it is; standard input has none.
  const json = /\.jsonl(\.gz)?$/.test(path) || (path === "-" && (await holdsJson(path)));
  const table = json ? await readJsonlRun(path, { ...options, names }) : await readTrecRun(path, names);
  return { table, path, partial: false };
}

async function readJsonlRun(path: string, { names, ...options }: ReadOptions & { names: TurnNames | undefined }): Promise<RunTable> {
  const builder = new RunTableBuilder(path);
  for await (const { record, line } of readNumberedJsonl(path, RunLine, { ...options, unique: ({ turn }) => turn })) {
    const turn = names?.ours(record.turn, line) ?? record.turn;
    builder.turn(turn);
    builder.addRanking(turn, record.passages, line);
  }
  return builder.finish();
}

/** Writes a run in both forms, scores in full precision, passages in exactly the order trec_eval will sort them. */
export class RunWriter {
  readonly #jsonl: JsonlWriter;
  readonly #trec: JsonlWriter;
  readonly #tag: string;
  readonly #seen = new Set<string>();

  /** `dir` is the draft of a run artifact; `tag` names the system in the sixth column. */
  constructor(dir: string, tag: string) {
    if (!/^[^\s#]\S*$/.test(tag)) throw new TypeError(`a run's tag is one word, not "${tag}"`);
    this.#tag = tag;
    this.#jsonl = JsonlWriter.create(join(dir, RUN_JSONL));
    this.#trec = JsonlWriter.create(join(dir, RUN_TREC));
  }

  write(turn: string, passages: readonly RankedPassage[]): void {
    if (this.#seen.has(turn)) throw new DataError(`turn "${turn}" is ranked twice; a run holds a turn once`);
    if (turn.startsWith("#")) throw new DataError(`turn "${turn}" starts with #, which makes its lines comments in a TREC run; rename it`);
    this.#seen.add(turn);
    const ranked = passages.map(({ id, score }) => ({ id, score })).sort(byScoreThenId);
    const ids = new Set(ranked.map(({ id }) => id));
    if (ids.size < ranked.length) throw new DataError(`turn "${turn}" ranks a passage twice`);
    const huge = ranked.find(({ score }) => Math.abs(score) > Number.MAX_SAFE_INTEGER);
    if (huge !== undefined)
      throw new DataError(`turn "${turn}": score ${huge.score} is beyond 2^53, which JSON readers round; scale the scores`);
    this.#jsonl.write(RunLine.parse({ turn, passages: ranked }));
    for (const [i, { id, score }] of ranked.entries()) this.#trec.writeLine(`${turn}\tQ0\t${id}\t${i + 1}\t${score}\t${this.#tag}`);
  }

  async close(): Promise<{ turns: number; rows: number }> {
    const { rows: turns } = await this.#jsonl.close();
    const { rows } = await this.#trec.close();
    return { turns, rows };
  }
}

export function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

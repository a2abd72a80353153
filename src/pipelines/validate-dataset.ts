/** @file Reads a dataset's own files as `prepare-data` would and says everything that is wrong with them, without writing anything. */
import { join } from "node:path";
import { loadReader } from "../../datasets/registry.ts";
import type { DatasetEvent, DatasetInput, DatasetReader, DatasetTurn, Place } from "../../datasets/types.ts";
import { DuplicateRows } from "../util/duplicate-rows.ts";
import { DataError, Interrupted, UsageError } from "../util/errors.ts";
import { inScratchDir } from "../util/scratch-dir.ts";

export interface Checked {
  path: string;
  /** What it was read as. */
  as: string;
  /** Records that are well formed; absent where reading could not go on. */
  records?: number;
}

export interface Listener {
  report: (problem: string) => void;
  /** Told of what was repaired or skipped, which is no fault. */
  warn: (message: string) => void;
  signal: AbortSignal;
}

export interface DatasetFiles {
  dataset: string;
  input: readonly string[];
  collection: readonly string[];
  qrels: readonly string[];
}

export async function checkDataset(files: DatasetFiles, { report, warn, signal }: Listener): Promise<Checked[]> {
  const { dataset } = files;
  const reader = await loadReader(dataset);
  for (const option of ["collection", "qrels"] as const)
    if (files[option].length > 0 && !reader.options.includes(option))
      throw new UsageError(`--${option} means nothing for the dataset "${dataset}". Leave it out.`);
  const input: DatasetInput = { ...files, samplesPerPassage: 1, seed: 0, warn, problem: ({ message }) => report(message) };
  const path = [...files.input, ...files.collection, ...files.qrels].join(" ");
  let records = 0;
  await inScratchDir(async (dir) => {
    const ids = { turn: new DuplicateRows(join(dir, "turns")), passage: new DuplicateRows(join(dir, "passages")) };
    try {
      await forEvents(reader.read(input), { report, signal }, (event) => {
        if (event.kind === "turn") ids.turn.add(turnId(event.turn));
        else if (event.kind === "passage") ids.passage.add(event.passage.id);
        else if (event.kind !== "sample") return;
        records++;
      });
      for (const kind of ["turn", "passage"] as const) await reportTwins({ kind, rows: ids[kind], reader, input }, { report, signal });
    } finally {
      for (const rows of Object.values(ids)) rows.close();
    }
  });
  return [{ path, as: dataset, records }];
}

/** Goes on behind a bad record; where the reader itself stops, what follows cannot be told. */
async function forEvents(
  batches: AsyncIterable<Iterable<DatasetEvent>>,
  { report, signal }: Omit<Listener, "warn">,
  each: (event: DatasetEvent) => void,
): Promise<void> {
  try {
    for await (const batch of batches) {
      if (signal.aborted) throw new Interrupted("stopped while files were checked; run it again");
      try {
        for (const event of batch) each(event);
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        report(error.message);
      }
    }
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    report(`${error.message} (reading stopped there)`);
  }
}

const turnId = ({ conversation, turn }: DatasetTurn): string => `${conversation}_${turn}`;

/** Hashes say which ids may be there twice; a second reading finds where. */
async function reportTwins(
  { kind, rows, reader, input }: { kind: "turn" | "passage"; rows: DuplicateRows; reader: DatasetReader; input: DatasetInput },
  { report, signal }: Omit<Listener, "warn">,
): Promise<void> {
  const suspected = rows.suspects();
  if (suspected === undefined) return;
  const first = new Map<string, Place>();
  const quiet = (): void => {};
  await forEvents(reader.read({ ...input, warn: quiet, problem: quiet }), { report: quiet, signal }, (event) => {
    if (event.kind !== kind || (event.kind !== "turn" && event.kind !== "passage")) return;
    const id = event.kind === "turn" ? turnId(event.turn) : event.passage.id;
    if (!suspected(id)) return;
    const earlier = first.get(id);
    if (earlier === undefined) first.set(id, event.place);
    else report(new DataError(`the ${kind} ${JSON.stringify(id)} was given at ${shownPlace(earlier)} already`, event.place).message);
  });
}

function shownPlace({ file, line }: Place): string {
  return line === undefined ? file : `${file}:${line}`;
}

/** @file The turns of a prepared artifact that a later stage works on. */
import type { FileEntry } from "../schema/manifest.ts";
import { Turn } from "../schema/records.ts";
import { fileEntry } from "./artifact-work.ts";
import { type Artifact, openArtifact } from "./artifact.ts";
import { DataError, UsageError } from "./errors.ts";
import { readJsonl } from "./jsonl.ts";
import { isDirectory } from "./run-file.ts";

export const TURNS = "turns.jsonl";
export const PASSAGES = "passages.jsonl";
export const QRELS = "qrels.tsv";

export type Split = Turn["split"];

export interface TurnSelection {
  file: string;
  /** Absent: every turn. */
  split: Split | undefined;
  limit: number | undefined;
  ids: string[];
}

/** The split a stage takes where none was asked for: test if there is one, else dev, else (undefined) every turn. */
export function defaultSplit(has: (split: Split) => boolean): Split | undefined {
  return (["test", "dev"] as const).find(has);
}

/** Turns of `split`; by default those of test if there are any, else those of dev, else all. */
export async function selectTurns(
  prepared: Artifact,
  { split, limit }: { split?: Split | undefined; limit?: number | undefined },
): Promise<TurnSelection> {
  const file = prepared.path(TURNS);
  const ids = new Map<Split, string[]>();
  const all: string[] = [];
  for await (const turn of readJsonl(file, Turn, { unique: ({ id }) => id })) {
    const same = ids.get(turn.split);
    if (same) same.push(turn.id);
    else ids.set(turn.split, [turn.id]);
    all.push(turn.id);
  }
  const chosen = split ?? defaultSplit((name) => ids.has(name));
  const found = chosen === undefined ? all : ids.get(chosen);
  if (found === undefined)
    throw new UsageError(`--split ${chosen}: ${prepared.dir} has no such turns (it has ${[...ids.keys()].join(", ")})`);
  return { file, split: chosen, limit, ids: found.slice(0, limit) };
}

/** A file of an artifact as another's input, by the hash its manifest gives. */
export function inputEntry(artifact: Artifact, name: string): FileEntry {
  const path = artifact.path(name);
  return { ...artifact.manifest.files.find((entry) => entry.path === name)!, path };
}

/** Where the texts of passages are. */
export interface PassageTexts {
  file: string;
  /** The file as an input of what is made from it. */
  entry: FileEntry;
}

/** Those of `prepared`, or of `elsewhere`: another prepared folder, or a file like its passages.jsonl. */
export async function passageTexts(prepared: Artifact, elsewhere?: string): Promise<PassageTexts> {
  if (elsewhere !== undefined && !isDirectory(elsewhere)) return { file: elsewhere, entry: fileEntry(elsewhere, elsewhere) };
  const from = elsewhere === undefined ? prepared : await openArtifact(elsewhere, "prepared");
  if (from.has(PASSAGES)) return { file: from.path(PASSAGES), entry: inputEntry(from, PASSAGES) };
  throw new DataError(`has no ${PASSAGES}: its dataset keeps the collection apart, or has none. ${WHERE_PASSAGES_ARE}`, { file: from.dir });
}

const WHERE_PASSAGES_ARE =
  "Prepare it with --collection FILE, or use another prepared folder: build-index --input OTHER, then generate and evaluate with --passages OTHER.";

/** The selected turns, in file order. */
export async function* readTurns({ file, split, limit = Infinity }: Omit<TurnSelection, "ids">): AsyncGenerator<Turn> {
  let kept = 0;
  for await (const turn of readJsonl(file, Turn)) {
    if (split !== undefined && turn.split !== split) continue;
    if (++kept > limit) return;
    yield turn;
  }
}

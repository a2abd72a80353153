/** @file What a prepared folder gives evaluation: the turns of a split, their references, judgements and passages. */
import { Turn } from "../../schema/records.ts";
import { type Artifact, openArtifact } from "../../util/artifact.ts";
import { UsageError } from "../../util/errors.ts";
import { readJsonl } from "../../util/jsonl.ts";
import { readPassagesOf } from "../../util/passage-lines.ts";
import { defaultSplit, PASSAGES, passageTexts, QRELS, type Split, TURNS } from "../../util/prepared.ts";
import { type Qrels, readQrels } from "../../util/qrels.ts";

export interface Prepared {
  dir: string;
  split: Split | "all";
  /** The ids of the split's turns, in file order. */
  turns: string[];
  /** What turns can be grouped by. */
  facts: Map<string, { turn: number; history: number; tags: Readonly<Record<string, string>> }>;
  /** Turns with at least one reference. */
  references: Map<string, readonly string[]>;
  /** The texts an answer has to rest on, of turns whose dataset names them. */
  evidence: Map<string, readonly string[]>;
  /** Undefined when the dataset judges no passages. */
  qrels: Qrels | undefined;
  partial: boolean;
  /** The files that were read. */
  files: string[];
  /** The file with the texts of passages; undefined where there is none. */
  passages: () => Promise<string | undefined>;
  artifact: Artifact;
}

/** To be told apart by who can do without: a suite that may lack datasets. */
export class NoSuchSplit extends UsageError {
  override get name(): string {
    return "UsageError";
  }
}

export async function readPrepared(dir: string, wanted: Split | undefined, passages?: string): Promise<Prepared> {
  const artifact = await openArtifact(dir, "prepared");
  const file = artifact.path(TURNS);
  const all: (Pick<Turn, "id" | "split" | "responses" | "evidence" | "turn" | "tags"> & { history: number })[] = [];
  for await (const { id, split, responses, evidence, turn, tags, history } of readJsonl(file, Turn, { unique: (line) => line.id }))
    all.push({ id, split, responses, evidence, turn, tags, history: history.length });
  const split = wanted ?? defaultSplit((name) => all.some((turn) => turn.split === name)) ?? "all";
  const chosen = split === "all" ? all : all.filter((turn) => turn.split === split);
  if (chosen.length === 0) {
    const counts = new Map<string, number>();
    for (const turn of all) counts.set(turn.split, (counts.get(turn.split) ?? 0) + 1);
    throw new NoSuchSplit(`${dir} has no turns of split ${split}; it has ${[...counts].map(([name, n]) => `${n} ${name}`).join(", ")}`);
  }
  const qrelsFile = artifact.has(QRELS) ? artifact.path(QRELS) : undefined;
  return {
    dir,
    split,
    turns: chosen.map(({ id }) => id),
    facts: new Map(chosen.map(({ id, turn, history, tags }) => [id, { turn, history, tags }])),
    references: new Map(chosen.filter(({ responses }) => responses.length > 0).map(({ id, responses }) => [id, responses])),
    evidence: new Map(chosen.flatMap(({ id, evidence }) => (evidence === undefined ? [] : [[id, evidence]]))),
    qrels: qrelsFile === undefined ? undefined : await readQrels(qrelsFile),
    partial: artifact.manifest.partial,
    files: qrelsFile === undefined ? [file] : [file, qrelsFile],
    passages: async () => (passages === undefined && !artifact.has(PASSAGES) ? undefined : (await passageTexts(artifact, passages)).file),
    artifact,
  };
}

/** The texts of some passages; undefined when there is no file of them. Adds the file to `files`. */
export async function readPassageTexts(
  { passages }: Prepared,
  { ids, files }: { ids: ReadonlySet<string>; files: Set<string> },
): Promise<Map<string, string> | undefined> {
  const file = await passages();
  if (file === undefined) return undefined;
  files.add(file);
  const texts = new Map<string, string>();
  for await (const { id, text } of readPassagesOf(file, ids)) texts.set(id, text);
  return texts;
}

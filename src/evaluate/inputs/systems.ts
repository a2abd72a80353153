/** @file The systems to score: which names they go by, and what their files hold. */
import { basename, dirname, join, resolve } from "node:path";
import { AnswerLine } from "../../schema/records.ts";
import { openArtifact } from "../../util/artifact.ts";
import type { ReadOptions } from "../../util/chunks.ts";
import { readNumberedJsonl } from "../../util/jsonl.ts";
import { distinctlyNamed, lastParts, type NamedPath } from "../../util/named-path.ts";
import { isDirectory, readRun, type RunFile } from "../../util/run-file.ts";
import type { TurnNames } from "../../util/turn-ids.ts";
import type { ForeignIds } from "./foreign-ids.ts";

export interface ResponsesFile {
  responses: Map<string, string>;
  /** The ids of the passages each answer was given. */
  passages: Map<string, readonly string[]>;
  /** The ids of the passages an answer cites, of systems that name them apart. */
  citations: Map<string, readonly string[]>;
  path: string;
  partial: boolean;
}

export interface SystemInput {
  name: string;
  run?: RunFile;
  responses?: ResponsesFile;
}

/** Runs and answers of the same name are one system; so are the only run and the only answers when neither is named. */
export async function readSystems(
  { run: runs, responses }: { run: readonly string[]; responses: readonly string[] },
  { foreign, ...reading }: ReadOptions & { foreign: ForeignIds },
): Promise<SystemInput[]> {
  const runArguments = nameAll(runs);
  const responseArguments = nameAll(responses);
  const [run] = runArguments;
  const [answer] = responseArguments;
  if (runs.length === 1 && responses.length === 1 && !run!.explicit && !answer!.explicit) answer!.name = run!.name;
  const systems = new Map<string, SystemInput>();
  for (const { name, path } of runArguments) {
    const read = (names?: TurnNames) => readRun(path, { ...reading, names });
    systems.set(name, { name, run: await foreign.read({ scope: "run", path, ids: ({ table }) => table.turns, read }) });
  }
  for (const { name, path } of responseArguments) {
    const read = (names?: TurnNames) => readResponses(path, { ...reading, names });
    const answers = await foreign.read({ scope: "responses", path, ids: (file) => [...file.responses.keys()], read });
    systems.set(name, { ...(systems.get(name) ?? { name }), responses: answers });
  }
  return [...systems.values()];
}

/** A responses artifact or a responses.jsonl. `names`: how a file names its turns; an artifact uses our ids. */
export async function readResponses(
  path: string,
  { names, ...reading }: ReadOptions & { names?: TurnNames | undefined },
): Promise<ResponsesFile> {
  if (isDirectory(path)) {
    const artifact = await openArtifact(path, "responses");
    return { ...(await readResponses(artifact.path("responses.jsonl"), reading)), partial: artifact.manifest.partial };
  }
  const responses = new Map<string, string>();
  const passages = new Map<string, readonly string[]>();
  const citations = new Map<string, readonly string[]>();
  for await (const { record, line } of readNumberedJsonl(path, AnswerLine, { ...reading, unique: ({ turn }) => turn })) {
    const turn = names?.ours(record.turn, line) ?? record.turn;
    responses.set(turn, record.response);
    passages.set(turn, record.passages ?? []);
    if (record.citations !== undefined) citations.set(turn, record.citations);
  }
  return { responses, passages, citations, path, partial: false };
}

const nameAll = (inputs: readonly string[]): NamedPath[] =>
  distinctlyNamed(inputs, { tell: telling, what: "inputs", as: "--run NAME=PATH" });

/** The last parts of a path without the endings and names every run has. */
function telling(path: string, parts: number): string {
  if (path === "-") return "stdin";
  const file = basename(path).replace(/(\.(jsonl|trec|txt|run|tsv|gz))+$/, "");
  const above = dirname(resolve(path));
  return lastParts(/^(run|responses)$/.test(file) && !isDirectory(path) ? above : join(above, file), parts);
}

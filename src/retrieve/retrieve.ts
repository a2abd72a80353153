/** @file `uniconv retrieve`: the turns of a prepared folder against an index, ranked. */
import { loadBackend } from "../indexing/backends.ts";
import type { RetrieveOptions } from "../schema/options/retrieve.ts";
import { type Artifact, openArtifact, writeArtifact } from "../util/artifact.ts";
import { DataError, UsageError } from "../util/errors.ts";
import { inputEntry, selectTurns, TURNS } from "../util/prepared.ts";
import type { StageContext } from "../util/reporter.ts";
import { RunWriter } from "../util/run-file.ts";
import { availableThreads } from "../util/threads.ts";
import { searchText } from "./search-text.ts";
import { searchVectors, vectorSearch } from "./search-vectors.ts";

export interface RetrieveResult {
  /** `done`: an equal artifact was there already. */
  status: "written" | "done";
  output: string;
  stats: Record<string, unknown>;
}

export async function retrieve(options: RetrieveOptions, context: StageContext): Promise<RetrieveResult> {
  const prepared = await openArtifact(options.input, "prepared");
  const index = await openArtifact(options.index, "index");
  const name = index.manifest.options["backend"];
  if (typeof name !== "string") throw new DataError("its manifest names no backend", { file: options.index });
  const backend = await loadBackend(name);
  const turns = await selectTurns(prepared, options);
  const threads = options.threads ?? availableThreads();
  const dense = backend.accepts === "vectors" ? await vectorSearch(options, index) : undefined;
  if (dense === undefined && options.model !== undefined) context.reporter.warn(`--model is not used: ${options.index} indexes words`);
  const query = options.query ?? (dense ? "all" : "last");
  if (dense && query === "history")
    throw new UsageError(
      "--query history is for indexes of words: a model reads questions with their answers (all), or the question alone (last)",
    );

  const { input, limit, model, base_model, top_k, tag, batch_size, device } = options;
  const common = { input, limit, index: options.index, split: turns.split, top_k, query, tag };
  const { status, manifest } = await writeArtifact(
    {
      output: options.output,
      kind: "run",
      command: "retrieve",
      options: dense ? { ...common, model, base_model, ...dense.recorded, batch_size, device, threads } : common,
      seed: 0,
      inputs: [inputEntry(prepared, TURNS), ...indexEntries(index)],
      model: dense?.fingerprint,
      partial: limit !== undefined || prepared.manifest.partial || index.manifest.partial,
      resume: options.resume,
      overwrite: options.overwrite,
    },
    async (draft) => {
      const writer = new RunWriter(draft.dir, tag);
      const job = { index, turns, query, k: top_k, threads, writer, context };
      if (backend.accepts === "text") Object.assign(draft.stats, await searchText(backend, job));
      else Object.assign(draft.stats, await searchVectors(backend, { ...job, ...dense!, options, dir: draft.dir }));
      Object.assign(draft.stats, { split: turns.split ?? "all", ...(await writer.close()) });
    },
  );
  return { status, output: options.output, stats: manifest.stats };
}

/** The index counts by what its manifest lists: reading it all only to hash it would double the work. */
function indexEntries(index: Artifact) {
  return index.manifest.files.map((entry) => ({ ...entry, path: `${index.dir}/${entry.path}` }));
}

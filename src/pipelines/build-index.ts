/** @file `uniconv build-index`: the passages of a prepared folder become an index, of their words or of a model's vectors. */
import { join } from "node:path";
import type { z } from "zod";
import { encodeTexts } from "../encode/encode.ts";
import { loadBackend } from "../indexing/backends.ts";
import type { Backend, TextBackend, VectorBackend, VectorSource } from "../indexing/types.ts";
import type { BuildIndexOptions } from "../schema/options/build-index.ts";
import { Passage } from "../schema/records.ts";
import type { SequenceSettings } from "../schema/settings.ts";
import { settingsFor } from "../text/from-settings.ts";
import { type Artifact, type Draft, openArtifact, writeArtifact } from "../util/artifact.ts";
import { UsageError } from "../util/errors.ts";
import { readJsonl } from "../util/jsonl.ts";
import { PASSAGES, passageTexts } from "../util/prepared.ts";
import type { StageContext } from "../util/reporter.ts";
import { availableThreads } from "../util/threads.ts";
import { openVectorShards } from "../util/vector-shards.ts";
import { modelFingerprint } from "../weights/fingerprint.ts";

export interface BuildIndexResult {
  /** `done`: an equal artifact was there already. */
  status: "written" | "done";
  output: string;
  stats: Record<string, unknown>;
}

/** Settings that decide what a passage's vector is. */
const ENCODING = ["pooling", "emb_tokens", "passage_prefix", "max_passage_length", "normalize"] as const;
/** A passage of this many tokens fills one of `batch_size` places. */
const TOKENS_PER_PLACE = 128;

export async function buildIndex(options: BuildIndexOptions, context: StageContext): Promise<BuildIndexResult> {
  const backend = await loadBackend(options.backend);
  const prepared = await openArtifact(options.input, "prepared");
  const encoder = backend.accepts === "vectors" ? await encoderOf(options) : undefined;
  if (encoder === undefined && options.model !== undefined)
    context.reporter.warn(`--model is not used: ${options.backend} indexes the words`);
  const threads = options.threads ?? availableThreads();
  const { status, manifest } = await writeArtifact(
    {
      output: options.output,
      kind: "index",
      command: "build-index",
      options: recorded({ options, backend, encoder, threads }),
      seed: 0,
      inputs: [(await passageTexts(prepared)).entry],
      model: encoder?.fingerprint,
      partial: options.limit !== undefined || prepared.manifest.partial,
      resume: options.resume,
      overwrite: options.overwrite,
    },
    async (draft) => {
      const job = { options, prepared, draft, context, threads };
      if (backend.accepts === "text") Object.assign(draft.stats, await buildFromText(backend, job));
      else Object.assign(draft.stats, await buildFromVectors(backend, { ...job, ...encoder! }));
    },
  );
  return { status, output: options.output, stats: manifest.stats };
}

interface Encoder {
  model: string;
  settings: SequenceSettings;
  fingerprint: { fingerprint: string; tokenizer: string };
}

async function encoderOf(options: BuildIndexOptions): Promise<Encoder> {
  const { model, base_model: baseModel } = options;
  if (model === undefined) throw new UsageError(`--model is missing: ${options.backend} indexes the vectors a model makes of the passages`);
  const { fingerprint, tokenizer } = await modelFingerprint(model, { baseModel });
  return { model, settings: settingsFor(model, options), fingerprint: { fingerprint, tokenizer } };
}

/** The options that decided something: a backend's own, and the settings as they were resolved. */
function recorded(from: {
  options: BuildIndexOptions;
  backend: Backend;
  encoder: Encoder | undefined;
  threads: number;
}): Record<string, unknown> {
  const { options, backend, encoder, threads } = from;
  const { input, limit, backend: name, model, base_model, batch_size, device } = options;
  const common = { input, limit, backend: name, ...ownOptions(backend, options) };
  if (encoder === undefined) return common;
  const settings = Object.fromEntries(ENCODING.map((key) => [key, encoder.settings[key]]));
  return { ...common, model, base_model, ...settings, batch_size, device, threads };
}

interface BuildJob {
  options: BuildIndexOptions;
  prepared: Artifact;
  draft: Draft;
  context: StageContext;
  threads: number;
}

function buildFromText(backend: TextBackend, { options, prepared, draft, context }: BuildJob): Promise<Record<string, unknown>> {
  const passages = limited(readJsonl(prepared.path(PASSAGES), Passage), options.limit);
  return backend.build({ passages, dir: draft.dir, options: backend.options.parse(ownOptions(backend, options)), context });
}

async function buildFromVectors(
  backend: VectorBackend,
  { options, prepared, draft, context, threads, model, settings }: BuildJob & Encoder,
): Promise<Record<string, unknown>> {
  const file = prepared.path(PASSAGES);
  const rows = prepared.manifest.files.find(({ path }) => path === PASSAGES)?.rows;
  const {
    rows: _rows,
    dimension: _dimension,
    ...encoded
  } = await encodeTexts(
    {
      source: { kind: "passages", file, limit: options.limit },
      total: rows === undefined ? undefined : Math.min(rows, options.limit ?? rows),
      model,
      base_model: options.base_model,
      settings,
      device: options.device,
      threads,
      batch_tokens: options.batch_size * TOKENS_PER_PLACE,
      dir: draft.dir,
    },
    context,
  );
  const vectors = storedVectors(draft.dir);
  const built = await backend.build({ vectors, dir: draft.dir, options: backend.options.parse(ownOptions(backend, options)), context });
  return { ...encoded, ...built };
}

function storedVectors(dir: string): VectorSource {
  const shards = openVectorShards((name) => join(dir, name));
  return {
    rows: shards.summary.rows,
    dimension: shards.summary.dimension,
    async *blocks() {
      for (let shard = 0; shard < shards.count; shard++) yield shards.read(shard);
    },
  };
}

function ownOptions(backend: Backend, options: BuildIndexOptions): Record<string, unknown> {
  return Object.fromEntries(
    Object.keys((backend.options as z.ZodObject).shape).map((key) => [key, options[key as keyof BuildIndexOptions]]),
  );
}

async function* limited<T>(items: AsyncIterable<T>, limit = Infinity): AsyncGenerator<T> {
  let taken = 0;
  for await (const item of items) {
    if (taken++ === limit) return;
    yield item;
  }
}

/** @file Turns against an index of vectors: only the model that made the index may ask it. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { encodeTexts } from "../encode/encode.ts";
import type { VectorBackend } from "../indexing/types.ts";
import type { RetrieveOptions } from "../schema/options/retrieve.ts";
import type { SequenceSettings } from "../schema/settings.ts";
import { settingsFor } from "../text/from-settings.ts";
import type { Artifact } from "../util/artifact.ts";
import { DataError, UsageError } from "../util/errors.ts";
import { attempt } from "../util/io-errors.ts";
import { openVectorShards } from "../util/vector-shards.ts";
import { modelFingerprint } from "../weights/fingerprint.ts";
import type { SearchJob } from "./search-text.ts";

export interface VectorSearch {
  model: string;
  settings: SequenceSettings;
  fingerprint: { fingerprint: string; tokenizer: string };
  /** The settings that decide what a query's vector is. */
  recorded: Partial<SequenceSettings>;
}

/** Below this the queries' scratch lies in the draft. */
const SCRATCH = "queries";
const TOKENS_PER_PLACE = 128;
/** Settings that decide what a query's vector is. */
const ENCODING = ["pooling", "emb_tokens", "query_prefix", "normalize", "history_order", "max_query_length"] as const;

/** Refuses any other model than the index's own, even one of the same dimension. */
export async function vectorSearch(options: RetrieveOptions, index: Artifact): Promise<VectorSearch> {
  const { model, base_model: baseModel } = options;
  if (model === undefined) throw new UsageError(`--model is missing: ${options.index} holds vectors; give the model that made them`);
  const { fingerprint, tokenizer } = await modelFingerprint(model, { baseModel });
  const { model: made, options: built } = index.manifest;
  if (made?.fingerprint !== fingerprint) {
    const what = made?.tokenizer === tokenizer ? "another model" : "a model with another tokenizer";
    throw new DataError(
      `was built by ${what} (fingerprint ${made?.fingerprint.slice(0, 12)}…), not by ${model} (${fingerprint.slice(0, 12)}…): their vectors cannot be compared. Give the --model that built it${typeof built["model"] === "string" ? ` (it was ${built["model"]})` : ""}, or build the index again`,
      { file: options.index },
    );
  }
  // What passages were embedded with, queries are.
  const { pooling, emb_tokens, normalize } = built as Partial<SequenceSettings>;
  const { query_prefix, history_order, max_query_length } = options;
  const settings = settingsFor(model, { query_prefix, history_order, max_query_length, pooling, emb_tokens, normalize });
  const recorded = Object.fromEntries(ENCODING.map((key) => [key, settings[key]])) as Partial<SequenceSettings>;
  return { model, settings, fingerprint: { fingerprint, tokenizer }, recorded };
}

export async function searchVectors(
  backend: VectorBackend,
  job: SearchJob & VectorSearch & { options: RetrieveOptions; dir: string },
): Promise<Record<string, unknown>> {
  const { index, turns, query, k, threads, writer, context, options } = job;
  const scratch = join(job.dir, SCRATCH);
  const { ids: _, ...selection } = turns;
  const encoded = await encodeTexts(
    {
      source: { kind: "conversations", turns: selection, history: query !== "last" },
      total: turns.ids.length,
      model: job.model,
      base_model: options.base_model,
      settings: job.settings,
      device: options.device,
      threads,
      batch_tokens: options.batch_size * TOKENS_PER_PLACE,
      dir: scratch,
    },
    context,
  );
  const opened = await backend.open(index, { threads, device: options.device, context });
  if (opened.dimension !== encoded.dimension)
    throw new DataError(`holds vectors of ${opened.dimension} numbers, the model makes ${encoded.dimension}`, { file: options.index });
  const queries = openVectorShards((name) => join(scratch, name));
  for (let shard = 0; shard < queries.count; shard++) {
    const { ids, vectors } = queries.read(shard);
    const rankings = await opened.search(vectors, k);
    ids.forEach((id, at) => writer.write(id, rankings[at]!));
  }
  await opened.close();
  attempt(scratch, "delete", () => rmSync(scratch, { recursive: true }));
  return { passages: opened.size, dimension: opened.dimension, query_tokens: encoded.tokens, dropped: encoded.dropped };
}

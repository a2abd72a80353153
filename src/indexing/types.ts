/** @file What an index backend is. A backend is one file of this folder, named as `--backend` names it, exporting `backend`. */
import type { ZodType } from "zod";
import type { Passage } from "../schema/records.ts";
import type { Artifact } from "../util/artifact.ts";
import type { StageContext } from "../util/reporter.ts";
import type { RankedPassage } from "../util/run-table.ts";

interface BackendBase<Options> {
  /** One line for the help. */
  readonly about: string;
  /** The backend's own options, merged into those of build-index. */
  readonly options: ZodType<Options>;
}

/** Indexes the words themselves; needs no model. */
export interface TextBackend<Options = unknown> extends BackendBase<Options> {
  readonly accepts: "text";
  /** Writes its files into `dir`; what it returns goes into the manifest's stats. */
  build(job: { passages: AsyncIterable<Passage>; dir: string; options: Options; context: StageContext }): Promise<Record<string, unknown>>;
  /** `index.path(name)` verifies a file against the manifest; the backend checks its structure before any native code sees it. */
  open(index: Artifact): Promise<TextIndex>;
}

/** Indexes vectors a model made. */
export interface VectorBackend<Options = unknown> extends BackendBase<Options> {
  readonly accepts: "vectors";
  build(job: { vectors: VectorSource; dir: string; options: Options; context: StageContext }): Promise<Record<string, unknown>>;
  /** With a context, a long search reports its progress and stops when asked. */
  open(index: Artifact, how: { threads: number; device: string; context?: StageContext }): Promise<VectorIndex>;
}

export type Backend = TextBackend | VectorBackend;

/**
 * Vectors in blocks, in the order of the passages. Opening it twice gives the same blocks. From the encoder they lie in the index
 * directory already, as vector shards.
 */
export interface VectorSource {
  readonly rows: number;
  readonly dimension: number;
  /** `vectors` is [ids.length, dimension], row after row, finite. */
  blocks(): AsyncIterable<{ ids: readonly string[]; vectors: Float32Array }>;
}

/** Results come best first in trec_eval's order: score descending, equal scores by id descending in bytes. */
export interface TextIndex {
  readonly size: number;
  search(queries: readonly string[], k: number): Promise<RankedPassage[][]>;
  close(): Promise<void>;
}

export interface VectorIndex {
  readonly size: number;
  readonly dimension: number;
  /** `queries` is [n, dimension], row after row. */
  search(queries: Float32Array, k: number): Promise<RankedPassage[][]>;
  close(): Promise<void>;
}

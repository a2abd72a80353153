/**
 * @file Vectors on disk: shards of `SHARD_ROWS` rows, `vectors/00000.f32` (float32, little endian, row after row) beside
 * `vectors/00000.ids` (a line per id), and `vectors.json`, written last, that says what there is.
 */
import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { endianness } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { DataError } from "./errors.ts";
import { makeFolder, readJson, readText, writeFileAtomic } from "./files.ts";
import { inputError } from "./io-errors.ts";
import { stringify } from "./json.ts";
import { explain } from "./jsonl.ts";

/** The unit of encoding, of resuming and of searching. */
export const SHARD_ROWS = 4096;
const FOLDER = "vectors";
const SUMMARY = "vectors.json";

const Summary = z.strictObject({
  rows: z.int().min(1),
  dimension: z.int().min(1),
  shard_rows: z.int().min(1),
  /** The longest vector: what bounds the rounding of an inner product. */
  max_norm: z.number().min(0),
});
export type VectorSummary = z.infer<typeof Summary>;

export interface VectorShard {
  ids: string[];
  /** [ids.length, dimension] */
  vectors: Float32Array;
}

const name = (shard: number, extension: "f32" | "ids"): string => join(FOLDER, `${String(shard).padStart(5, "0")}.${extension}`);

/** Writes shards in any order; a shard whose vectors are there is complete. */
export class VectorShardWriter {
  readonly dir: string;

  constructor(dir: string) {
    if (endianness() !== "LE") throw new Error("vector files are little endian, this machine is not");
    this.dir = dir;
    makeFolder(join(dir, FOLDER));
  }

  has(shard: number): boolean {
    return existsSync(join(this.dir, name(shard, "f32")));
  }

  write(shard: number, { ids, vectors }: VectorShard): void {
    writeFileAtomic(join(this.dir, name(shard, "ids")), ids.map((id) => `${id}\n`).join(""));
    writeFileAtomic(join(this.dir, name(shard, "f32")), new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength));
  }

  /** Reads everything back: counts and norms come from what is on disk. */
  finish({ rows, dimension }: { rows: number; dimension: number }): VectorSummary {
    const summary: VectorSummary = { rows, dimension, shard_rows: SHARD_ROWS, max_norm: 0 };
    const reader = new VectorShards(summary, (file) => join(this.dir, file));
    for (let shard = 0; shard < reader.count; shard++) {
      const { ids, vectors } = reader.read(shard);
      summary.max_norm = Math.max(
        summary.max_norm,
        longest(vectors, dimension, (row) => JSON.stringify(ids[row])),
      );
    }
    writeFileAtomic(join(this.dir, SUMMARY), `${stringify(summary)}\n`);
    return summary;
  }
}

export function hasVectorShards(dir: string): boolean {
  return existsSync(join(dir, SUMMARY));
}

/** `pathOf` turns a name into the path of a verified file. */
export function openVectorShards(pathOf: (name: string) => string): VectorShards {
  const file = pathOf(SUMMARY);
  const parsed = Summary.safeParse(readJson(file));
  if (!parsed.success) throw new DataError(explain(parsed.error.issues), { file });
  return new VectorShards(parsed.data, pathOf);
}

export class VectorShards {
  readonly summary: VectorSummary;
  readonly count: number;
  readonly #pathOf: (name: string) => string;

  constructor(summary: VectorSummary, pathOf: (name: string) => string) {
    this.summary = summary;
    this.count = Math.ceil(summary.rows / summary.shard_rows);
    this.#pathOf = pathOf;
  }

  rowsOf(shard: number): number {
    return Math.min(this.summary.shard_rows, this.summary.rows - shard * this.summary.shard_rows);
  }

  read(shard: number): VectorShard {
    const ids = this.ids(shard);
    const vectors = new Float32Array(this.rowsOf(shard) * this.summary.dimension);
    this.readInto(shard, vectors);
    return { ids, vectors };
  }

  ids(shard: number): string[] {
    const file = this.#pathOf(name(shard, "ids"));
    const text = readText(file);
    const ids = text.split("\n").slice(0, -1);
    if (ids.length !== this.rowsOf(shard) || !text.endsWith("\n") || ids.includes(""))
      throw new DataError(`holds ${ids.length} ids, ${this.rowsOf(shard)} were expected`, { file });
    return ids;
  }

  /** `vectors` holds at least the shard's rows. */
  readInto(shard: number, vectors: Float32Array): void {
    const file = this.#pathOf(name(shard, "f32"));
    const length = this.rowsOf(shard) * this.summary.dimension * 4;
    const bytes = new Uint8Array(vectors.buffer, vectors.byteOffset, length);
    try {
      const handle = openSync(file, "r");
      try {
        let done = 0;
        for (let got = 1; done < length && got > 0; done += got) got = readSync(handle, bytes, done, length - done, done);
        if (done !== length || readSync(handle, new Uint8Array(1), 0, 1, length) !== 0)
          throw new DataError(`is not ${length} bytes long, as ${this.rowsOf(shard)} vectors of ${this.summary.dimension} are`, { file });
      } finally {
        closeSync(handle);
      }
    } catch (error) {
      throw inputError(error, file);
    }
  }
}

/** The norm of the longest row. Throws `DataError` at a vector that is not finite. */
function longest(vectors: Float32Array, dimension: number, describe: (row: number) => string): number {
  let most = 0;
  for (let row = 0; row * dimension < vectors.length; row++) {
    let sum = 0;
    for (let i = row * dimension; i < (row + 1) * dimension; i++) sum += vectors[i]! * vectors[i]!;
    if (!Number.isFinite(sum)) throw new DataError(`the vector of ${describe(row)} is not finite`);
    if (sum > most) most = sum;
  }
  return Math.sqrt(most);
}

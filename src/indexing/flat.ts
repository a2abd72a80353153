/** @file Exact search: inner products and top-k through ONNX Runtime, one shard of vectors in memory at a time. */
import { z } from "zod";
import { openDevice } from "../onnx/device.ts";
import type { StageContext } from "../util/reporter.ts";
import { Interrupted } from "../util/errors.ts";
import { hasVectorShards, openVectorShards, SHARD_ROWS, type VectorShards, VectorShardWriter } from "../util/vector-shards.ts";
import { BlockSearch } from "./flat/block-search.ts";
import { Ranking } from "./flat/ranking.ts";
import type { VectorBackend, VectorIndex, VectorSource } from "./types.ts";

/** Queries whose scores against a shard are in memory at once: 256 × 4096 × 4 bytes. */
const QUERY_BLOCK = 256;

export const backend: VectorBackend<Record<string, never>> = {
  accepts: "vectors",
  about: "every vector compared, exact; the default",
  options: z.strictObject({}),

  async build({ vectors, dir }) {
    if (!hasVectorShards(dir)) await writeShards(vectors, dir);
    return { passages: vectors.rows, dimension: vectors.dimension };
  },

  async open(artifact, { threads, device, context }) {
    const shards = openVectorShards((name) => artifact.path(name));
    const taken = await openDevice(device);
    return new FlatIndex(shards, new BlockSearch({ dimension: shards.summary.dimension, threads, device: taken.device }), context);
  },
};

class FlatIndex implements VectorIndex {
  readonly size: number;
  readonly dimension: number;
  readonly #shards: VectorShards;
  readonly #search: BlockSearch;
  readonly #context: StageContext | undefined;

  constructor(shards: VectorShards, search: BlockSearch, context: StageContext | undefined) {
    this.size = shards.summary.rows;
    this.dimension = shards.summary.dimension;
    this.#shards = shards;
    this.#search = search;
    this.#context = context;
  }

  async search(queries: Float32Array, k: number) {
    const rankings = Array.from(
      { length: queries.length / this.dimension },
      (_, at) =>
        new Ranking(queries.subarray(at * this.dimension, (at + 1) * this.dimension), { k, max_norm: this.#shards.summary.max_norm }),
    );
    const vectors = new Float32Array(Math.min(this.#shards.summary.shard_rows, this.size) * this.dimension);
    for (let shard = 0; shard < this.#shards.count; shard++) {
      if (this.#context?.signal.aborted) throw new Interrupted("stopped while searching; run it again with --resume");
      const block = vectors.subarray(0, this.#shards.rowsOf(shard) * this.dimension);
      this.#shards.readInto(shard, block);
      let ids: string[] | undefined;
      const idOf = (row: number): string => (ids ??= this.#shards.ids(shard))[row]!;
      for (let from = 0; from < rankings.length; from += QUERY_BLOCK)
        await this.#search.run(rankings.slice(from, from + QUERY_BLOCK), { vectors: block, idOf, k });
      this.#context?.reporter.progress({ label: "searching", done: shard + 1, total: this.#shards.count, unit: "shards" });
    }
    return rankings.map((ranking) => ranking.passages());
  }

  async close(): Promise<void> {
    await this.#search.close();
  }
}

/** Vectors that came from elsewhere than the encoder: the same files. */
async function writeShards(source: VectorSource, dir: string): Promise<void> {
  const writer = new VectorShardWriter(dir);
  const { dimension } = source;
  let ids: string[] = [];
  const vectors = new Float32Array(SHARD_ROWS * dimension);
  let shard = 0;
  const flush = (): void => {
    if (ids.length > 0) writer.write(shard++, { ids, vectors: vectors.subarray(0, ids.length * dimension) });
    ids = [];
  };
  for await (const block of source.blocks())
    for (let row = 0; row < block.ids.length; row++) {
      vectors.set(block.vectors.subarray(row * dimension, (row + 1) * dimension), ids.length * dimension);
      ids.push(block.ids[row]!);
      if (ids.length === SHARD_ROWS) flush();
    }
  flush();
  writer.finish({ rows: source.rows, dimension });
}

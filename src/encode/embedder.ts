/** @file A model as a function from sequences to vectors. */
import { assertAdapterFits } from "../models/adapter-fit.ts";
import type { Model } from "../models/family.ts";
import { Parameters } from "../models/parameters.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import { floatsOf, Session, type SessionOptions, type Tensor } from "../onnx/session.ts";
import type { SequenceSettings } from "../schema/settings.ts";
import type { Sequence } from "../text/sequence.ts";
import { DataError } from "../util/errors.ts";
import type { ModelFiles } from "../weights/model-files.ts";
import { LENGTH_GRID, planBatches } from "./batches.ts";
import { embeddingGraph } from "./embedding-graph.ts";

export interface EmbedderOptions extends Pick<SessionOptions, "device" | "threads"> {
  normalize: boolean;
  /** By default `emb`. */
  pooling?: SequenceSettings["pooling"];
  /** The longest sequence. */
  max_length: number;
  padId: number;
  /** Padded tokens per batch. */
  batch_tokens: number;
}

export interface EmbedHooks {
  /** Names a sequence in errors. */
  describe: (row: number) => string;
  /** Hears how many are done after every batch; may throw to stop. */
  onBatch: (done: number) => void;
}

export class Embedder {
  readonly dimension: number;
  readonly #session: Session;
  readonly #options: EmbedderOptions;

  private constructor(session: Session, dimension: number, options: EmbedderOptions) {
    this.#session = session;
    this.dimension = dimension;
    this.#options = options;
  }

  static async open({ files, model }: { files: ModelFiles; model: Model }, options: EmbedderOptions): Promise<Embedder> {
    const graph = new GraphBuilder();
    const { adapter } = files;
    if (adapter) assertAdapterFits(model, adapter, { names: adapter.names(), file: adapter.file });
    const parameters = new Parameters({ graph, lookup: files.weight, lora: adapter, adapters: adapter && adapter.weight });
    embeddingGraph(model, parameters, {
      max_positions: options.max_length + LENGTH_GRID,
      normalize: options.normalize,
      pooling: options.pooling ?? "emb",
    });
    const session = await Session.create(graph, { device: options.device, threads: options.threads, optimize: false });
    return new Embedder(session, model.config.hidden_size, options);
  }

  /** Vectors [sequences, dimension] in the order given. Throws `DataError` at one that is not finite. */
  async embed(sequences: readonly Sequence[], { describe, onBatch }: EmbedHooks): Promise<Float32Array> {
    const { batch_tokens, padId, normalize, pooling = "emb" } = this.#options;
    const size = this.dimension;
    const vectors = new Float32Array(sequences.length * size);
    let done = 0;
    for (const { rows, width } of planBatches(
      sequences.map(({ ids }) => ids.length),
      { tokens: batch_tokens },
    )) {
      const batch = rows.map((row) => sequences[row]!);
      const found = floatsOf(await this.#session.run(feeds(batch, { width, padId, pooling })), "embeddings");
      rows.forEach((row, at) => {
        const vector = found.subarray(at * size, (at + 1) * size);
        if (!isSound(vector, normalize))
          throw new DataError(`the vector of ${describe(row)} is not finite: the model's weights overflow, or hold NaN`);
        vectors.set(vector, row * size);
      });
      onBatch((done += rows.length));
    }
    return vectors;
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}

interface FeedOptions {
  width: number;
  padId: number;
  pooling: SequenceSettings["pooling"];
}

function feeds(sequences: readonly Sequence[], { width, padId, pooling }: FeedOptions): Record<string, Tensor> {
  const shape = [sequences.length, width];
  const ids = new BigInt64Array(sequences.length * width).fill(BigInt(padId));
  const positions = BigInt64Array.from({ length: sequences.length * width }, (_, at) => BigInt(at % width));
  sequences.forEach(({ ids: tokens }, row) =>
    tokens.forEach((id, at) => {
      ids[row * width + at] = BigInt(id);
    }),
  );
  const batch = { input_ids: { data: ids, shape }, position_ids: { data: positions, shape } };
  const firsts = sequences.map((_, row) => row * width);
  if (pooling !== "mean") {
    const last = BigInt64Array.from(sequences, ({ emb }, row) => BigInt(firsts[row]! + emb!.start + emb!.length - 1));
    return { ...batch, last: { data: last, shape: [sequences.length] } };
  }
  const weights = new Float32Array(sequences.length * width);
  sequences.forEach(({ emb }, row) => weights.fill(1 / emb!.length, firsts[row]! + emb!.start, firsts[row]! + emb!.start + emb!.length));
  return { ...batch, weights: { data: weights, shape } };
}

/** Finite; and of length 1 where it was normalised: a state whose square overflows would come out as zeros. */
function isSound(vector: Float32Array, normalize: boolean): boolean {
  let square = 0;
  for (const x of vector) square += x * x;
  return Number.isFinite(square) && (!normalize || Math.abs(square - 1) < 1e-3);
}

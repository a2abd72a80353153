/** @file Runs chunks in this process. Sessions are made when a chunk first asks for one; their weights are the same mapped files. */
import type { Model } from "../models/family.ts";
import type { TensorLookup } from "../models/parameters.ts";
import { type Feeds, floatsOf, scalarOf, Session, type SessionOptions, type Tensor } from "../onnx/session.ts";
import type { BackwardChunk, ChunkExecutor } from "./chunk-executor.ts";
import { chunkFeeds, embeddedOnly, kindOf } from "./chunk-feeds.ts";
import { backwardGraph, CHUNK, type ChunkGraph, encodeGraph } from "./chunk-graphs.ts";
import type { Chunk } from "./chunks.ts";
import { dropoutColumns } from "./dropout.ts";
import { GradientSum } from "./gradient-sum.ts";
import { type PassRole, passRoles } from "./pass-roles.ts";
import type { PassName, StepSpec } from "./step-spec.ts";
import { parameterFeeds } from "./step-terms.ts";

export interface LocalChunksOptions {
  model: Model;
  lookup: TensorLookup;
  spec: StepSpec;
  parameters: ReadonlyMap<string, Float32Array>;
  /** Of the dropout masks. */
  seed: number;
  padId: number;
  padTo: number;
  session: SessionOptions;
}

interface Opened {
  step: ChunkGraph;
  session: Session;
  parameters: Feeds;
}

export class LocalChunks implements ChunkExecutor {
  readonly #options: LocalChunksOptions;
  readonly #roles: ReadonlyMap<PassName, PassRole>;
  readonly #opened = new Map<string, Opened>();
  readonly #gradients = new GradientSum();

  constructor(options: LocalChunksOptions) {
    this.#options = options;
    this.#roles = passRoles(options.spec.objective);
  }

  async encode(chunks: readonly Chunk[]): Promise<Float32Array[]> {
    const { model, lookup, spec } = this.#options;
    const opened = await this.#open("encode", () => encodeGraph(model, lookup, spec));
    const found: Float32Array[] = [];
    for (const chunk of chunks) {
      const role = embeddedOnly(this.#roles.get(chunk.pass)!);
      const feeds = this.#feeds(chunk, { opened, role, weights: [] });
      found.push(floatsOf(await opened.session.run({ ...opened.parameters, ...feeds }), "e"));
    }
    return found;
  }

  async backward(chunks: readonly BackwardChunk[]): Promise<number[]> {
    const losses: number[] = [];
    for (const chunk of chunks) losses.push(await this.#backward(chunk));
    return losses;
  }

  async #backward(chunk: BackwardChunk): Promise<number> {
    const { model, lookup, spec } = this.#options;
    const role = this.#roles.get(chunk.pass)!;
    const opened = await this.#open(kindOf(role), () => backwardGraph(model, lookup, { spec, role }));
    const feeds: Record<string, Tensor> = { ...this.#feeds(chunk, { opened, role, weights: chunk.weights }) };
    if (role.embeds) {
      const data = chunk.eGradients!;
      feeds[`${CHUNK}.e_grad`] = { data, shape: [chunk.sequences.length, data.length / chunk.sequences.length] };
    }
    const { gen_weight, gen_rag_weight } = spec.objective;
    if (role.answers) feeds[`${CHUNK}.generation_weight`] = scalar(chunk.loss_scale * (chunk.pass === "X" ? gen_rag_weight : gen_weight));
    const results = await opened.session.run({ ...opened.parameters, ...feeds });
    this.#gradients.addRun(opened.step, { feeds, results });
    return role.answers ? scalarOf(results, "loss") : 0;
  }

  take(): Promise<Map<string, Float32Array>> {
    return Promise.resolve(this.#gradients.take());
  }

  /** The graphs read the parameters where they lie. */
  async changed(): Promise<void> {}

  async release(): Promise<void> {
    for (const { session } of this.#opened.values()) await session.release();
    this.#opened.clear();
  }

  #feeds(chunk: Chunk, { opened, role, weights }: { opened: Opened; role: PassRole; weights: readonly number[] }): Feeds {
    const { seed, padId, padTo, spec } = this.#options;
    const columns = opened.step.dropoutColumns;
    const dropout = columns.size > 0 ? { seed } : null;
    const feeds = chunkFeeds({ ...chunk, role, weights }, { padId, padTo, row_blocks: spec.row_blocks, dropout });
    return dropout ? { ...feeds, ...dropoutColumns(columns, { seed, pool: chunk.pool }) } : feeds;
  }

  async #open(key: string, build: () => ChunkGraph): Promise<Opened> {
    const known = this.#opened.get(key);
    if (known) return known;
    const step = build();
    const session = await Session.create(step.graph, this.#options.session);
    const opened = { step, session, parameters: parameterFeeds(step.trained, this.#options.parameters) };
    this.#opened.set(key, opened);
    return opened;
  }
}

const scalar = (x: number): Tensor => ({ data: Float32Array.of(x), shape: [] });

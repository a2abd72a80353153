/**
 * @file Gradients of a pool larger than memory (GradCache, arXiv 2101.06983): embed it chunk by chunk, take the gradient of the losses
 * with respect to the embeddings alone, then go through the chunks again, forward and backward, from that gradient. The result is the
 * gradient of the whole pool.
 */
import type { ChunkExecutor } from "./chunk-executor.ts";
import { type Chunk, chunksOf, embeddedPart } from "./chunks.ts";
import type { Contrast } from "./contrast.ts";
import { CONTRASTED, passRoles } from "./pass-roles.ts";
import type { Pool } from "./pool.ts";
import { tokenWeights } from "./pool-feeds.ts";
import type { LossName, Objective, PassName } from "./step-spec.ts";
import type { GradientSource, Losses } from "./stepper.ts";

export interface ChunkedPoolOptions {
  executor: ChunkExecutor;
  contrast: Contrast;
  objective: Objective;
  gen_reduction: "sample" | "token";
  /** Sequences of a pass that are encoded at once. */
  chunk_size: number;
  hidden: number;
}

/** Embeddings, or their gradients, by pass: [sequences, hidden]. */
type ByPass = Map<PassName, Float32Array>;

export class ChunkedPool implements GradientSource<Pool> {
  readonly #options: ChunkedPoolOptions;

  constructor(options: ChunkedPoolOptions) {
    this.#options = options;
  }

  async add(pool: Pool, loss_scale = 1): Promise<Losses> {
    const { losses, gradients } = await this.#contrast(pool, await this.#embed(pool), loss_scale);
    for (const [name, loss] of await this.#backward(pool, { gradients, loss_scale })) losses.set(name, loss);
    const { retrieval_weight, alpha, gen_weight, gen_rag_weight } = this.#options.objective;
    const weights: Record<LossName, number> = { L_R: retrieval_weight, L_CII: alpha, L_RAG: gen_rag_weight, L_G: gen_weight };
    return { L: [...losses].reduce((sum, [name, loss]) => sum + weights[name] * loss, 0), ...Object.fromEntries(losses) };
  }

  take(): Promise<Map<string, Float32Array>> {
    return this.#options.executor.take();
  }

  changed(): Promise<void> {
    return this.#options.executor.changed();
  }

  async release(): Promise<void> {
    await this.#options.executor.release();
    await this.#options.contrast.release();
  }

  /** Phase 1: e of every sequence that a contrastive loss reads. */
  async #embed(pool: Pool): Promise<ByPass> {
    const { executor, objective, chunk_size, hidden } = this.#options;
    const chunks = [...passRoles(objective)].flatMap(([pass, { embeds }]) =>
      embeds ? chunksOf({ pool: pool.id, pass, sequences: pool.sequences[pass]!.map(embeddedPart) }, chunk_size) : [],
    );
    const found: ByPass = new Map(chunks.map(({ pass }) => [pass, new Float32Array(pool.sequences[pass]!.length * hidden)]));
    const embedded = chunks.length === 0 ? [] : await executor.encode(chunks);
    chunks.forEach(({ pass, places }, at) =>
      places.forEach((place, row) => found.get(pass)!.set(embedded[at]!.subarray(row * hidden, (row + 1) * hidden), place * hidden)),
    );
    return found;
  }

  /** Phase 2: the contrastive losses and ∂L/∂e, from the embeddings alone. */
  async #contrast(pool: Pool, embedded: ByPass, loss_scale: number): Promise<{ losses: Map<LossName, number>; gradients: ByPass }> {
    const { contrast, objective } = this.#options;
    const terms = [
      ["L_R", "retrieval", objective.retrieval_weight],
      ["L_CII", "identification", objective.alpha],
    ] as const;
    const losses = new Map<LossName, number>();
    const gradients: ByPass = new Map();
    for (const [name, pair, weight] of terms) {
      if (weight === 0) continue;
      const [queries, candidates] = CONTRASTED[pair];
      const rows = { queries: embedded.get(queries)!, candidates: embedded.get(candidates)! };
      const found = await contrast.run(rows, { feed: pool[pair], weight: weight * loss_scale });
      losses.set(name, found.loss);
      gradients.set(queries, found.queries).set(candidates, found.candidates);
    }
    return { losses, gradients };
  }

  /** Phase 3: forward again and backward, the generation losses included. */
  async #backward(pool: Pool, { gradients, loss_scale }: { gradients: ByPass; loss_scale: number }): Promise<Map<LossName, number>> {
    const { executor, objective, gen_reduction, chunk_size, hidden } = this.#options;
    const roles = passRoles(objective);
    const chunks = [...roles.keys()].flatMap((pass) => {
      const weights = tokenWeights(pool, pass, gen_reduction);
      const rows = gradients.get(pass);
      return chunksOf({ pool: pool.id, pass, sequences: pool.sequences[pass]! }, chunk_size).map((chunk) => ({
        ...chunk,
        weights: chunk.places.map((place) => weights[place]!),
        loss_scale,
        eGradients: rows ? rowsOf(chunk, rows, hidden) : null,
      }));
    });
    const parts = await executor.backward(chunks);
    const sumOf = (pass: PassName): number => parts.reduce((sum, part, at) => (chunks[at]!.pass === pass ? sum + part : sum), 0);
    const losses = new Map<LossName, number>();
    if (roles.get("X")?.answers) losses.set("L_RAG", sumOf("X"));
    if (roles.get("G")?.answers) losses.set("L_G", sumOf("G"));
    return losses;
  }
}

function rowsOf({ places }: Chunk, rows: Float32Array, hidden: number): Float32Array {
  const taken = new Float32Array(places.length * hidden);
  places.forEach((place, row) => taken.set(rows.subarray(place * hidden, (place + 1) * hidden), row * hidden));
  return taken;
}

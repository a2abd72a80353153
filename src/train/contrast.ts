/** @file A contrastive loss over the embeddings of a whole pool, some queries at a time: no table of all scores exists. */
import { floatsOf, scalarOf, Session } from "../onnx/session.ts";
import { contrastGraph } from "./chunk-graphs.ts";
import { type ContrastiveFeed, contrastiveFeeds } from "./step-feeds.ts";
import type { Objective } from "./step-spec.ts";

export interface Contrasted {
  loss: number;
  /** ∂(weight · loss)/∂e */
  queries: Float32Array;
  candidates: Float32Array;
}

/** Scores that exist at a time. */
const SCORES = 2 ** 19;

export class Contrast {
  readonly #session: Session;
  readonly #hidden: number;
  readonly #scores: number;

  private constructor(session: Session, hidden: number, scores: number) {
    this.#session = session;
    this.#hidden = hidden;
    this.#scores = scores;
  }

  /** On the CPU whatever the device of the passes: little work, and full precision under a small temperature. */
  static async open(
    objective: Objective,
    { hidden, threads, scores = SCORES }: { hidden: number; threads: number; scores?: number },
  ): Promise<Contrast> {
    const session = await Session.create(contrastGraph(objective, hidden), { device: "cpu", threads, optimize: false });
    return new Contrast(session, hidden, scores);
  }

  /** The loss of `weight` and its gradients: those of the candidates are summed over the blocks of queries. */
  async run(
    { queries, candidates }: { queries: Float32Array; candidates: Float32Array },
    { feed, weight }: { feed: ContrastiveFeed; weight: number },
  ): Promise<Contrasted> {
    const rows = queries.length / this.#hidden;
    const found: Contrasted = { loss: 0, queries: new Float32Array(queries.length), candidates: new Float32Array(candidates.length) };
    const perBlock = Math.max(1, Math.floor(this.#scores / feed.candidates));
    for (let first = 0; first < rows; first += perBlock) {
      const count = Math.min(perBlock, rows - first);
      const block = queries.subarray(first * this.#hidden, (first + count) * this.#hidden);
      const results = await this.#session.run({
        queries: { data: block, shape: [count, this.#hidden] },
        candidates: { data: candidates, shape: [feed.candidates, this.#hidden] },
        weight: { data: Float32Array.of(weight), shape: [] },
        ...contrastiveFeeds("contrast", feed, { first, count }),
      });
      found.loss += scalarOf(results, "loss");
      found.queries.set(floatsOf(results, "grad.queries"), first * this.#hidden);
      const part = floatsOf(results, "grad.candidates");
      for (let i = 0; i < part.length; i++) found.candidates[i]! += part[i]!;
    }
    return found;
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}

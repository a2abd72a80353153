/** @file Gradients of a pool from one run of one graph: the fastest way, where the whole pool fits into memory. */
import { type Feeds, scalarOf, type Session } from "../onnx/session.ts";
import { GradientSum } from "./gradient-sum.ts";
import { LOSS_SCALE, type StepGraph } from "./step-graph.ts";
import type { GradientSource, Losses } from "./stepper.ts";
import { parameterFeeds } from "./step-terms.ts";

export interface WholePoolOptions<Pool> {
  step: StepGraph;
  session: Session;
  parameters: ReadonlyMap<string, Float32Array>;
  feedsOf: (pool: Pool) => Feeds;
}

export class WholePool<Pool> implements GradientSource<Pool> {
  readonly #step: StepGraph;
  readonly #session: Session;
  readonly #feedsOf: (pool: Pool) => Feeds;
  readonly #parameters: Feeds;
  readonly #gradients = new GradientSum();
  readonly #isScaled: boolean;

  constructor({ step, session, parameters, feedsOf }: WholePoolOptions<Pool>) {
    this.#step = step;
    this.#session = session;
    this.#feedsOf = feedsOf;
    this.#isScaled = step.graph.inputs.some(({ name }) => name === LOSS_SCALE);
    this.#parameters = parameterFeeds(step.trained, parameters);
  }

  async add(pool: Pool, loss_scale = 1): Promise<Losses> {
    const scaled = { data: Float32Array.of(loss_scale), shape: [] };
    const feeds = { ...this.#feedsOf(pool), ...(this.#isScaled ? { [LOSS_SCALE]: scaled } : {}) };
    const results = await this.#session.run({ ...this.#parameters, ...feeds });
    this.#gradients.addRun(this.#step, { feeds, results });
    return { L: scalarOf(results, "L"), ...Object.fromEntries(this.#step.losses.map((name) => [name, scalarOf(results, name)])) };
  }

  take(): Promise<Map<string, Float32Array>> {
    return Promise.resolve(this.#gradients.take());
  }

  /** The graph reads the parameters where they lie. */
  async changed(): Promise<void> {}

  release(): Promise<void> {
    return this.#session.release();
  }
}

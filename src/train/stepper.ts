/** @file Runs step graphs and updates: the arithmetic of training, without files. */
import { embeddingGradient } from "./embedding-gradient.ts";
import { floatsOf, type Feeds, scalarOf, type Session } from "../onnx/session.ts";
import { type AdamW, clipScale, globalNorm } from "./optimizer.ts";
import type { LossName, StepGraph } from "./step-graph.ts";
import { TOKEN_EMBEDDING } from "./step-terms.ts";

export type Losses = Partial<Record<LossName, number>> & { L: number };

export interface UpdateResult {
  losses: Losses;
  grad_norm: number;
}

export class Stepper {
  readonly parameters: Map<string, Float32Array>;
  readonly #step: StepGraph;
  readonly #session: Session;
  readonly #feeds: Feeds;

  constructor({ step, session, parameters }: { step: StepGraph; session: Session; parameters: Map<string, Float32Array> }) {
    this.parameters = parameters;
    this.#step = step;
    this.#session = session;
    this.#feeds = Object.fromEntries(
      [...step.trained].map(([name, { shape }]) => [name, { data: parameters.get(name)!, shape: shape as readonly number[] }]),
    );
  }

  /** Losses and gradients of one pool; gradients are fresh arrays by parameter name. */
  async gradients(feeds: Feeds): Promise<{ losses: Losses; gradients: Map<string, Float32Array> }> {
    const results = await this.#session.run({ ...this.#feeds, ...feeds });
    const losses = { L: scalarOf(results, "L"), ...Object.fromEntries(this.#step.losses.map((name) => [name, scalarOf(results, name)])) };
    const gradients = new Map<string, Float32Array>();
    for (const name of this.#step.trained.keys()) {
      if (name === TOKEN_EMBEDDING)
        gradients.set(name, embeddingGradient(this.#step, { results, feeds, size: this.parameters.get(name)!.length }));
      else gradients.set(name, floatsOf(results, `grad.${name}`));
    }
    return { losses, gradients };
  }

  /** One update from the mean over `pools`. Not finite: the parameters are left as they were. */
  async update(
    pools: readonly Feeds[],
    optimizer: AdamW,
    { learning_rate, max_grad_norm }: { learning_rate: number; max_grad_norm: number },
  ): Promise<UpdateResult> {
    let sum: Awaited<ReturnType<Stepper["gradients"]>> | null = null;
    for (const pool of pools) {
      const one = await this.gradients(pool);
      if (sum === null) sum = one;
      else add(sum, one);
    }
    const share = 1 / pools.length;
    const grad_norm = globalNorm(sum!.gradients) * share;
    const losses = Object.fromEntries(Object.entries(sum!.losses).map(([name, loss]) => [name, loss * share])) as Losses;
    if (Number.isFinite(grad_norm) && Number.isFinite(losses.L)) {
      const scale = share * clipScale(grad_norm, max_grad_norm);
      optimizer.update(this.parameters, sum!.gradients, { learning_rate, scale, isDecayed });
    }
    return { losses, grad_norm };
  }
}

/** Norms and biases are not decayed, as in transformers' Trainer. */
const isDecayed = (name: string): boolean => !/norm\.weight$|\.bias$/.test(name);

function add(
  sum: { losses: Losses; gradients: Map<string, Float32Array> },
  one: { losses: Losses; gradients: Map<string, Float32Array> },
): void {
  for (const name of Object.keys(sum.losses) as (keyof Losses)[]) sum.losses[name] = (sum.losses[name] ?? 0) + (one.losses[name] ?? 0);
  for (const [name, gradient] of one.gradients) {
    const total = sum.gradients.get(name)!;
    for (let i = 0; i < total.length; i++) total[i]! += gradient[i]!;
  }
}

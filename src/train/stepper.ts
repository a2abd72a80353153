/** @file Updates from pools. What computes their gradients is one of several sources; the arithmetic of an update is the same. */
import { type AdamW, clipScale, globalNorm } from "./optimizer.ts";
import type { LossName } from "./step-graph.ts";

export type Losses = Partial<Record<LossName, number>> & { L: number };

/** Computes what pools teach about the parameters it was opened with. */
export interface GradientSource<Pool> {
  /** The losses of a pool; its gradient is added to a sum. */
  add(pool: Pool): Promise<Losses>;
  /** The sum of the gradients by parameter name; it starts anew. */
  take(): Promise<Map<string, Float32Array>>;
  /** Says that the parameters hold other numbers now. */
  changed(): Promise<void>;
  release(): Promise<void>;
}

export interface UpdateResult {
  losses: Losses;
  grad_norm: number;
}

export class Stepper<Pool> {
  readonly parameters: ReadonlyMap<string, Float32Array>;
  readonly #source: GradientSource<Pool>;

  constructor(source: GradientSource<Pool>, parameters: ReadonlyMap<string, Float32Array>) {
    this.parameters = parameters;
    this.#source = source;
  }

  /** Losses and gradients of one pool; gradients are fresh arrays by parameter name. */
  async gradients(pool: Pool): Promise<{ losses: Losses; gradients: Map<string, Float32Array> }> {
    return { losses: await this.#source.add(pool), gradients: await this.#source.take() };
  }

  /** One update from the mean over `pools`, of which one at a time is held. Not finite: the parameters are left as they were. */
  async update(
    pools: Iterable<Pool>,
    optimizer: AdamW,
    { learning_rate, max_grad_norm }: { learning_rate: number; max_grad_norm: number },
  ): Promise<UpdateResult> {
    const sum: Losses = { L: 0 };
    let count = 0;
    for (const pool of pools) {
      const losses = Object.entries(await this.#source.add(pool)) as [keyof Losses, number][];
      for (const [name, loss] of losses) sum[name] = (sum[name] ?? 0) + loss;
      count++;
    }
    const gradients = await this.#source.take();
    const grad_norm = globalNorm(gradients) / count;
    const losses = Object.fromEntries(Object.entries(sum).map(([name, loss]) => [name, loss / count])) as Losses;
    if (Number.isFinite(grad_norm) && Number.isFinite(losses.L)) {
      const scale = clipScale(grad_norm, max_grad_norm) / count;
      optimizer.update(this.parameters, gradients, { learning_rate, scale, isDecayed });
      await this.#source.changed();
    }
    return { losses, grad_norm };
  }

  release(): Promise<void> {
    return this.#source.release();
  }
}

/** Norms and biases are not decayed, as in transformers' Trainer. */
const isDecayed = (name: string): boolean => !/norm\.weight$|\.bias$/.test(name);

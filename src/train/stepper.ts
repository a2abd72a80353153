/** @file Updates from pools. What computes their gradients is one of several sources; the arithmetic of an update is the same. */
import { backOff, grow } from "./loss-scale.ts";
import { type AdamW, clipScale, globalNorm } from "./optimizer.ts";
import type { LossName } from "./step-spec.ts";

export type Losses = Partial<Record<LossName, number>> & { L: number };

/** Computes what pools teach about the parameters it was opened with. */
export interface GradientSource<Pool> {
  /** The losses of a pool; its gradient, times `loss_scale`, is added to a sum. */
  add(pool: Pool, loss_scale?: number): Promise<Losses>;
  /** The sum of the gradients by parameter name; it starts anew. */
  take(): Promise<Map<string, Float32Array>>;
  /** Says that the parameters hold other numbers now. */
  changed(): Promise<void>;
  release(): Promise<void>;
}

export interface UpdateResult {
  losses: Losses;
  grad_norm: number;
  /** Attempts before it whose gradients overflowed under the loss scale. */
  skipped: number;
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

  /**
   * One update from the mean over `pools`, of which one at a time is held. Where the optimizer's state has a loss scale under which the
   * gradients overflow, the update is tried again under a smaller one. Not finite in the end: the parameters are left as they were.
   */
  async update(
    pools: Iterable<Pool>,
    optimizer: AdamW,
    { learning_rate, max_grad_norm }: { learning_rate: number; max_grad_norm: number },
  ): Promise<UpdateResult> {
    const { loss_scale } = optimizer.state;
    for (let skipped = 0; ; skipped++) {
      const { losses, gradients, grad_norm, share } = await this.#mean(pools, loss_scale?.scale ?? 1);
      if (Number.isFinite(grad_norm) && Number.isFinite(losses.L)) {
        const scale = clipScale(grad_norm, max_grad_norm) * share;
        optimizer.update(this.parameters, gradients, { learning_rate, scale, isDecayed });
        if (loss_scale) grow(loss_scale);
        await this.#source.changed();
        return { losses, grad_norm, skipped };
      }
      // A loss that is not finite was so before anything was scaled.
      if (!loss_scale || !Number.isFinite(losses.L) || !backOff(loss_scale)) return { losses, grad_norm, skipped };
    }
  }

  /** Losses and the gradients' norm, as means; the gradients themselves are to be multiplied by `share`. */
  async #mean(pools: Iterable<Pool>, loss_scale: number) {
    const sum: Losses = { L: 0 };
    let count = 0;
    for (const pool of pools) {
      const losses = Object.entries(await this.#source.add(pool, loss_scale)) as [keyof Losses, number][];
      for (const [name, loss] of losses) sum[name] = (sum[name] ?? 0) + loss;
      count++;
    }
    const gradients = await this.#source.take();
    const share = 1 / (count * loss_scale);
    const losses = Object.fromEntries(Object.entries(sum).map(([name, loss]) => [name, loss / count])) as Losses;
    return { losses, gradients, grad_norm: globalNorm(gradients) * share, share };
  }

  release(): Promise<void> {
    return this.#source.release();
  }
}

/** Norms and biases are not decayed, as in transformers' Trainer. */
const isDecayed = (name: string): boolean => !/norm\.weight$|\.bias$/.test(name);

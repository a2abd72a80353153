/** @file AdamW (arXiv 1711.05101) in place over Float32Arrays: faster here than as a graph, whose outputs would be copied. */
import type { LossScaleState } from "./loss-scale.ts";

export interface AdamWOptions {
  beta1: number;
  beta2: number;
  epsilon: number;
  weight_decay: number;
  /** How many of the first `updates` updates passed a parameter by without a gradient: its moments are that much younger. By default none. */
  missed?: (name: string, updates: number) => number;
}

export interface AdamWState {
  /** First and second moments by parameter name. */
  m: Map<string, Float32Array>;
  v: Map<string, Float32Array>;
  /** Updates made so far. */
  updates: number;
  /** With products in float16. */
  loss_scale?: LossScaleState;
}

export class AdamW {
  readonly state: AdamWState;
  readonly #options: AdamWOptions;

  constructor(parameters: ReadonlyMap<string, Float32Array>, options: AdamWOptions, state?: AdamWState) {
    const zeros = () => new Map([...parameters].map(([name, { length }]) => [name, new Float32Array(length)]));
    this.state = state ?? { m: zeros(), v: zeros(), updates: 0 };
    this.#options = options;
  }

  /** p ← p − lr·wd·p − lr·m̂/(√v̂ + ε). A parameter without a gradient is left alone, its moments too. `scale` multiplies every gradient first. */
  update(
    parameters: ReadonlyMap<string, Float32Array>,
    gradients: ReadonlyMap<string, Float32Array>,
    { learning_rate, scale, isDecayed }: { learning_rate: number; scale: number; isDecayed: (name: string) => boolean },
  ): void {
    const { beta1, beta2, epsilon, weight_decay, missed = () => 0 } = this.#options;
    this.state.updates++;
    for (const [name, gradient] of gradients) {
      const t = this.state.updates - missed(name, this.state.updates);
      // Everything that is the same for all numbers of a tensor stands outside the loop, √v̂'s correction multiplied into the step and ε.
      const correction2 = Math.sqrt(1 - beta2 ** t);
      const step = (learning_rate / (1 - beta1 ** t)) * correction2;
      const addend = epsilon * correction2;
      const [newM, newV] = [(1 - beta1) * scale, (1 - beta2) * scale * scale];
      const p = parameters.get(name)!;
      const m = this.state.m.get(name)!;
      const v = this.state.v.get(name)!;
      const decay = isDecayed(name) ? 1 - learning_rate * weight_decay : 1;
      for (let i = 0; i < p.length; i++) {
        const g = gradient[i]!;
        const mi = beta1 * m[i]! + newM * g;
        const vi = beta2 * v[i]! + newV * g * g;
        m[i] = mi;
        v[i] = vi;
        p[i] = p[i]! * decay - (step * mi) / (Math.sqrt(vi) + addend);
      }
    }
  }
}

/** The L2 norm over all gradients, summed in double precision. */
export function globalNorm(gradients: ReadonlyMap<string, Float32Array>): number {
  let sum = 0;
  for (const gradient of gradients.values()) for (let i = 0; i < gradient.length; i++) sum += gradient[i]! * gradient[i]!;
  return Math.sqrt(sum);
}

/** What to multiply gradients with so that their norm is at most `max` (0: never clip), as torch.nn.utils.clip_grad_norm_ does. */
export const clipScale = (norm: number, max: number): number => (max === 0 ? 1 : Math.min(1, max / (norm + 1e-6)));

/** @file Smallest, mean and largest of numbers that pass by. */
import type { Spread } from "../schema/prepared-stats.ts";

export class SpreadOf {
  count = 0;
  #sum = 0;
  #min = Infinity;
  #max = -Infinity;

  add(value: number): void {
    this.count++;
    this.#sum += value;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
  }

  /** Undefined where nothing passed. */
  spread(): Spread | undefined {
    return this.count === 0 ? undefined : { min: this.#min, mean: this.#sum / this.count, max: this.#max };
  }
}

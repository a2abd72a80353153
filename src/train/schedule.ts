/** @file Learning rate schedules, as in transformers.get_scheduler. */

export interface Schedule {
  learning_rate: number;
  lr_scheduler_type: "linear" | "cosine" | "constant";
  warmup_steps: number;
  total: number;
}

/** The rate of update `step`, counted from 0: a linear rise over the warm-up, then the decay to 0 at `total`. */
export function rateAt(step: number, { learning_rate, lr_scheduler_type, warmup_steps, total }: Schedule): number {
  if (step < warmup_steps) return (learning_rate * step) / Math.max(1, warmup_steps);
  const progress = Math.min(1, (step - warmup_steps) / Math.max(1, total - warmup_steps));
  if (lr_scheduler_type === "linear") return learning_rate * (1 - progress);
  if (lr_scheduler_type === "cosine") return learning_rate * 0.5 * (1 + Math.cos(Math.PI * progress));
  return learning_rate;
}

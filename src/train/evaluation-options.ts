/** @file Options of evaluation in the loop that mean nothing without each other. */
import type { TrainOptions } from "../schema/options/train.ts";
import { UsageError } from "../util/errors.ts";

export function checkEvaluationOptions(options: TrainOptions): void {
  const { eval_input, eval_split, eval_batch_size, load_best_model_at_end: best, early_stopping_patience: patience } = options;
  if (eval_input.length === 0) {
    const idle = Object.entries({
      "--early-stopping-patience": patience !== undefined,
      "--load-best-model-at-end": best,
      "--eval-split": eval_split !== undefined,
      "--eval-batch-size": eval_batch_size !== undefined,
    }).flatMap(([flag, given]) => (given ? [flag] : []));
    if (idle.length > 0) throw new UsageError(`${idle.join(", ")}: nothing is evaluated; give --eval-input PREPARED`);
  }
  if (patience !== undefined && !best)
    throw new UsageError(
      "--early-stopping-patience stops after the best model: give --load-best-model-at-end too, or the worse one of the last update would be written",
    );
}

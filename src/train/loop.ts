/** @file The updates of a run, with what happens between them: log lines, checkpoints, evaluations, and the end. */
import type { Job } from "../engine/messages.ts";
import type { ResolvedTrainOptions } from "../schema/options/train.ts";
import { CheckFailed, Interrupted } from "../util/errors.ts";
import { describeLastCheckpoint, saveCheckpoint } from "./checkpoint.ts";
import type { DevEvaluation } from "./dev-evaluation.ts";
import { describeSequences } from "./first-look.ts";
import type { MetricsLog } from "./metrics-log.ts";
import type { AdamW } from "./optimizer.ts";
import { tokensOf } from "./pool-feeds.ts";
import type { StageRunner } from "./stage-runner.ts";
import type { Tokenizer } from "../text/tokenizer.ts";

export interface LoopRun {
  options: ResolvedTrainOptions;
  /** The draft directory. */
  dir: string;
  total: number;
  parameters: Map<string, Float32Array>;
  optimizer: AdamW;
  runner: StageRunner;
  tokenizer: Tokenizer;
  log: MetricsLog;
  evaluation: DevEvaluation | null;
}

/**
 * Updates until `total`, or until an evaluation stops them; leaves a checkpoint every `save_steps`, before every evaluation, and when
 * asked to stop.
 */
export async function updateLoop(run: LoopRun, job: Job): Promise<void> {
  const { options, dir, total, parameters, optimizer, runner, log, evaluation } = run;
  const { gradient_accumulation_steps: accumulation, max_grad_norm, logging_steps, save_steps, save_total_limit } = options;
  const assertFinite = (): void => {
    const name = notFinite(parameters);
    if (name !== undefined)
      throw diverged({ dir, what: `at update ${optimizer.state.updates}: ${name} holds numbers that are not finite` });
  };
  const save = async (): Promise<void> => {
    assertFinite();
    log.sync();
    await saveCheckpoint(dir, { parameters, adam: optimizer.state }, { keep: save_total_limit });
  };
  const stopIfAsked = async (): Promise<void> => {
    if (!job.stopping) return;
    await save();
    throw new Interrupted(`stopped after update ${optimizer.state.updates} of ${total}; continue with --resume`);
  };
  const first = optimizer.state.updates;
  let pace = { since: performance.now(), tokens: 0 };
  for (;;) {
    const done = optimizer.state.updates;
    await stopIfAsked();
    if (evaluation?.due(done)) {
      await save();
      // The stages of an evaluation need the memory, and on a GPU they need all of it.
      await runner.release();
      await evaluation.run(done);
      pace = { since: performance.now(), tokens: 0 };
      await stopIfAsked();
    }
    if (done >= total || evaluation?.stops) return assertFinite();
    const { stage, stepper, data, poolAt } = await runner.at(done);
    if (done === first) job.info(describeSequences(poolAt(data.poolOf(done, 0)), run.tokenizer));
    const pools = function* () {
      for (let at = 0; at < accumulation; at++) {
        const pool = poolAt(data.poolOf(done, at));
        pace.tokens += tokensOf(pool);
        yield pool;
      }
    };
    const learning_rate = stage.rateAt(done);
    // To be gone through again where the loss scale was too large.
    const again = { [Symbol.iterator]: pools };
    const { losses, grad_norm, skipped } = await stepper.update(again, optimizer, { learning_rate, max_grad_norm });
    const update = optimizer.state.updates;
    const { loss_scale } = optimizer.state;
    if (skipped > 0) job.info(`update ${done + 1}: gradients overflowed ${skipped} ×; the loss scale is ${loss_scale!.scale} now`);
    if (update === done) throw diverged({ dir, what: `at update ${done + 1}: ${figuresOf({ ...losses, grad_norm, learning_rate })}` });
    const rate = pace.tokens / ((performance.now() - pace.since) / 1000);
    const detail = describe(losses, { grad_norm, learning_rate, rate });
    if (done === first) job.info(`update ${update} of ${total}: ${detail}`);
    job.report({ label: "train", done: update, total, unit: "updates", detail });
    if (update % logging_steps === 0 || update === total || evaluation?.due(update)) {
      const where = { update, epoch: data.epochAfter(update), ...(options.stages.length > 0 ? { stage: stage.number } : {}) };
      const scaling = loss_scale ? { loss_scale: loss_scale.scale, skipped: loss_scale.skipped } : {};
      log.training({ ...where, ...losses, grad_norm, learning_rate, ...scaling }, { tokens_per_second: Math.round(rate) });
    }
    if (update % save_steps === 0) await save();
  }
}

/** The first tensor that holds a NaN or an infinity: an update of finite gradients can still overflow. */
function notFinite(parameters: ReadonlyMap<string, Float32Array>): string | undefined {
  for (const [name, data] of parameters) for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return name;
  return undefined;
}

const figuresOf = (figures: Readonly<Record<string, number>>): string =>
  Object.entries(figures)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");

function diverged({ dir, what }: { dir: string; what: string }): CheckFailed {
  return new CheckFailed(
    `training diverged ${what}. Nothing of it was saved; ${describeLastCheckpoint(dir) ?? "there is no checkpoint yet"}. Lower --learning-rate or --max-grad-norm and start over with --overwrite, or look at the samples of this update.`,
  );
}

function describe(
  losses: Record<string, number>,
  { grad_norm, learning_rate, rate }: { grad_norm: number; learning_rate: number; rate: number },
): string {
  const terms = Object.entries(losses).map(([name, value]) => `${name} ${value.toFixed(3)}`);
  return `${terms.join(" ")} norm ${grad_norm.toFixed(2)} lr ${learning_rate.toExponential(1)} ${Math.round(rate)} tok/s`;
}

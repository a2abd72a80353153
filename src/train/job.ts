/** @file The training job: runs in the engine's child process, from the first pool to the exported model. */
import { openDevice } from "../onnx/device.ts";
import type { Job } from "../engine/messages.ts";
import type { ResolvedTrainOptions } from "../schema/options/train.ts";
import { pickSettings } from "../text/from-settings.ts";
import { CheckFailed, Interrupted } from "../util/errors.ts";
import { loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";
import { exportModel } from "./export.ts";
import { appendMetrics, appendTiming, cutMetrics, lastMetrics } from "./metrics-log.ts";
import { PASSAGES_AS_RESPONSES, writeModelCard } from "./model-card.ts";
import { AdamW } from "./optimizer.ts";
import { initialParameters } from "./parameters.ts";
import { planRun } from "./run-plan.ts";
import { tokensOf } from "./pool-feeds.ts";
import { dataWarnings } from "./sample-losses.ts";
import { StageRunner } from "./stage-runner.ts";
import { updatesWithout } from "./stages.ts";

export interface TrainJobInput {
  options: ResolvedTrainOptions;
  threads: number;
  /** The draft directory, and the train.jsonl of every input. */
  dir: string;
  files: string[];
}

export interface TrainJobResult {
  updates: number;
  parameters: number;
  /** Per epoch by source; of the first stage, where there are several. */
  samples: Record<string, number>;
  stages?: { stage: number; updates: number; samples: Record<string, number> }[];
  /** Where they are not the dataset's: what they are. */
  responses?: string;
  device: string;
  losses: Record<string, number>;
}

/** The checkpoints stay in `dir`: they go when the artifact is sealed, and a kill before that has something to resume. */
export async function run(input: TrainJobInput, job: Job): Promise<TrainJobResult> {
  const { options, dir } = input;
  const opened = await open(input, job);
  await loop(opened, input, job);
  await opened.runner.release();
  const { base, model, shapes, parameters } = opened;
  await exportModel({ dir, base, model, options, settings: pickSettings(options), parameters, shapes });
  const trained = [...parameters.values()].reduce((sum, { length }) => sum + length, 0);
  const facts = { updates: opened.total, parameters: trained, samples: opened.data[0]!.mixture.counts, losses: lastMetrics(dir) };
  const stages = opened.stages.map(({ number, first, end }, at) => ({
    stage: number,
    updates: end - first,
    samples: opened.data[at]!.mixture.counts,
  }));
  writeModelCard(dir, { ...facts, options, stages: opened.stages, model_type: model.model_type });
  return {
    ...facts,
    ...(stages.length > 1 ? { stages } : {}),
    ...(options.responses === "passage" ? { responses: PASSAGES_AS_RESPONSES } : {}),
    device: opened.device,
  };
}

/** The step graph in a session, the parameters as the newest checkpoint left them, and the feeds of any pool. */
async function open({ options, threads, dir, files }: TrainJobInput, job: Job) {
  const { device, reason } = await openDevice(options.device);
  job.info(`device ${device} (${reason}), ${threads} threads`);
  const plan = await planRun({ options, files });
  const { base, model, lookup, builder, padId, samples, total, stages, data, steps, lora, trained } = plan;
  for (const warning of dataWarnings(samples, stages)) job.warn(warning);
  const parameters = initialParameters({ trained }, base, { lora, seed: options.seed });
  const adam = await loadCheckpoint(dir, parameters, (message) => job.warn(message));
  if (adam) job.info(`resumed after update ${adam.updates} of ${total}`);
  const { adam_beta1: beta1, adam_beta2: beta2, adam_epsilon: epsilon, weight_decay } = options;
  const missed = (name: string, updates: number) => updatesWithout(name, updates, { stages, steps });
  const optimizer = new AdamW(parameters, { beta1, beta2, epsilon, weight_decay, missed }, adam ?? undefined);
  cutMetrics(dir, optimizer.state.updates);
  const shapes = new Map([...trained].map(([name, { shape }]) => [name, shape as readonly number[]]));
  const runner = new StageRunner({
    stages,
    steps,
    data,
    model,
    lookup,
    lora,
    parameters,
    builder,
    padId,
    session: { device, threads, optimize: false },
  });
  return { device, base, model, data, stages, total, shapes, parameters, optimizer, runner };
}

/** Updates until `total`; leaves a checkpoint every `save_steps` and when asked to stop. */
async function loop(
  { total, parameters, optimizer, runner }: Awaited<ReturnType<typeof open>>,
  { options, dir }: TrainJobInput,
  job: Job,
): Promise<void> {
  const { gradient_accumulation_steps: accumulation, max_grad_norm, logging_steps, save_steps } = options;
  const pace = { since: performance.now(), tokens: 0 };
  while (optimizer.state.updates < total) {
    const done = optimizer.state.updates;
    const { stage, stepper, data, poolAt } = await runner.at(done);
    const pools = function* () {
      for (let at = 0; at < accumulation; at++) {
        const pool = poolAt(data.poolOf(done, at));
        pace.tokens += tokensOf(pool);
        yield pool;
      }
    };
    const learning_rate = stage.rateAt(done);
    const { losses, grad_norm } = await stepper.update(pools(), optimizer, { learning_rate, max_grad_norm });
    const update = optimizer.state.updates;
    if (update === done) throw diverged(done + 1, { ...losses, grad_norm, learning_rate });
    const rate = pace.tokens / ((performance.now() - pace.since) / 1000);
    job.report({ label: "train", done: update, total, unit: "updates", detail: describe(losses, { grad_norm, learning_rate, rate }) });
    if (update % logging_steps === 0 || update === total) {
      const where = { update, epoch: data.epochAfter(update), ...(options.stages.length > 0 ? { stage: stage.number } : {}) };
      appendMetrics(dir, { ...where, ...losses, grad_norm, learning_rate });
      appendTiming(dir, { update, tokens_per_second: Math.round(rate) });
    }
    if (job.stopping || update % save_steps === 0) await saveCheckpoint(dir, { parameters, adam: optimizer.state });
    if (job.stopping) throw new Interrupted(`stopped after update ${update} of ${total}; continue with --resume`);
  }
}

function diverged(update: number, figures: Record<string, number>): CheckFailed {
  const shown = Object.entries(figures).map(([name, value]) => `${name} ${value}`);
  return new CheckFailed(
    `training diverged at update ${update}: ${shown.join(", ")}. Checkpoints before it, if any, are kept; lower --learning-rate or --max-grad-norm and start over with --overwrite, or look at the samples of this update.`,
  );
}

function describe(
  losses: Record<string, number>,
  { grad_norm, learning_rate, rate }: { grad_norm: number; learning_rate: number; rate: number },
): string {
  const terms = Object.entries(losses).map(([name, value]) => `${name} ${value.toFixed(3)}`);
  return `${terms.join(" ")} norm ${grad_norm.toFixed(2)} lr ${learning_rate.toExponential(1)} ${Math.round(rate)} tok/s`;
}

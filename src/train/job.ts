/** @file The training job: runs in the engine's child process, from the first pool to the exported model. */
import type { LoraSpec, StoredTensor } from "../models/parameters.ts";
import { modelFromConfig } from "../models/loader.ts";
import { openDevice } from "../onnx/device.ts";
import { Session } from "../onnx/session.ts";
import type { Job } from "../engine/messages.ts";
import type { TrainOptions } from "../schema/options/train.ts";
import { TrainSample } from "../schema/records.ts";
import { pickSettings, sequenceBuilder } from "../text/from-settings.ts";
import { loadTokenizer } from "../text/tokenizer.ts";
import { CheckFailed, Interrupted } from "../util/errors.ts";
import { readJsonl } from "../util/jsonl.ts";
import { loraScale } from "../weights/adapter.ts";
import { openCheckpoint } from "../weights/checkpoint.ts";
import { loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";
import { exportModel } from "./export.ts";
import { appendMetrics, appendTiming, cutMetrics, lastMetrics } from "./metrics-log.ts";
import { writeModelCard } from "./model-card.ts";
import { type Mixture, mixture } from "./mixture.ts";
import { AdamW } from "./optimizer.ts";
import { initialParameters } from "./parameters.ts";
import { composePool, type PoolOptions } from "./pool.ts";
import { poolFeeds } from "./pool-feeds.ts";
import { idleLosses } from "./sample-losses.ts";
import { rateAt } from "./schedule.ts";
import { buildStep, type Objective } from "./step-graph.ts";
import { Stepper } from "./stepper.ts";

export interface TrainJobInput {
  options: TrainOptions;
  threads: number;
  /** The draft directory, and the train.jsonl of every input. */
  dir: string;
  files: string[];
}

export interface TrainJobResult {
  updates: number;
  parameters: number;
  samples: Record<string, number>;
  device: string;
  losses: Record<string, number>;
}

/** Rows whose logits are alive at once. */
const ROWS_PER_BLOCK = 1024;

/** The checkpoints stay in `dir`: they go when the artifact is sealed, and a kill before that has something to resume. */
export async function run(input: TrainJobInput, job: Job): Promise<TrainJobResult> {
  const { options, dir } = input;
  const opened = await open(input, job);
  await loop(opened, input, job);
  await opened.session.release();
  const { base, model, step, parameters } = opened;
  const shapes = new Map([...step.trained].map(([name, { shape }]) => [name, shape as readonly number[]]));
  await exportModel({ dir, base, model, options, settings: pickSettings(options), parameters, shapes });
  const trained = [...parameters.values()].reduce((sum, { length }) => sum + length, 0);
  const facts = { updates: opened.total, parameters: trained, samples: opened.data.counts, losses: lastMetrics(dir) };
  writeModelCard(dir, { ...facts, options, model_type: model.model_type });
  return { ...facts, device: opened.device };
}

/** The step graph in a session, the parameters as the newest checkpoint left them, and the feeds of any pool. */
async function open({ options, threads, dir, files }: TrainJobInput, job: Job) {
  const { device, reason } = await openDevice(options.device);
  job.info(`device ${device} (${reason}), ${threads} threads`);
  const base = await openCheckpoint(options.model);
  const model = await modelFromConfig(base.config, `${options.model}/config.json`);
  const tokenizer = await loadTokenizer(options.model);
  const builder = sequenceBuilder(tokenizer, pickSettings(options));
  const samples = await readSamples(files, options.limit);
  for (const warning of idleLosses(samples, options)) job.warn(warning);
  const data = mixture(samples, options);
  const total = totalUpdates(data, options);
  if (options.warmup_steps >= total)
    job.warn(`the run ends after ${total} updates, within its ${options.warmup_steps} warm-up steps: lower --warmup-steps`);

  const lora = loraOf(options);
  const objective: Objective = options;
  const row_blocks = Math.ceil((options.batch_size * options.max_response_length) / ROWS_PER_BLOCK);
  const max_positions = options.max_query_length + options.max_passage_length + options.max_response_length + options.pad_to_multiple_of;
  const step = buildStep(model, (name) => base.tensor(name) as StoredTensor, {
    objective,
    max_positions,
    row_blocks,
    lora,
    gradient_checkpointing: options.gradient_checkpointing,
  });
  const parameters = initialParameters(step, base, { lora, seed: options.seed });
  const adam = await loadCheckpoint(dir, parameters, (message) => job.warn(message));
  if (adam) job.info(`resumed after update ${adam.updates} of ${total}`);
  const { adam_beta1: beta1, adam_beta2: beta2, adam_epsilon: epsilon, weight_decay } = options;
  const optimizer = new AdamW(parameters, { beta1, beta2, epsilon, weight_decay }, adam ?? undefined);
  cutMetrics(dir, optimizer.state.updates);

  const session = await Session.create(step.graph, { device, threads, optimize: false });
  const poolOptions: PoolOptions = { ...options, passes: step.passes, generation: options.gen_weight > 0, rag: options.gen_rag_weight > 0 };
  const { gen_reduction, pad_to_multiple_of: padTo } = options;
  const feedsOf = (index: number) => {
    const { samples, epoch } = data.pool(index);
    const pool = composePool(samples, epoch, builder, poolOptions);
    return poolFeeds(pool, { objective, passes: step.passes, gen_reduction, padId: tokenizer.padId, padTo, row_blocks });
  };
  return {
    device,
    base,
    model,
    data,
    total,
    step,
    parameters,
    optimizer,
    session,
    stepper: new Stepper({ step, session, parameters }),
    feedsOf,
  };
}

/** Updates until `total`; leaves a checkpoint every `save_steps` and when asked to stop. */
async function loop(
  { data, total, parameters, optimizer, stepper, feedsOf }: Awaited<ReturnType<typeof open>>,
  { options, dir }: TrainJobInput,
  job: Job,
): Promise<void> {
  const { gradient_accumulation_steps: accumulation, max_grad_norm, logging_steps, save_steps } = options;
  const pace = { since: performance.now(), tokens: 0 };
  while (optimizer.state.updates < total) {
    const done = optimizer.state.updates;
    const pools = Array.from({ length: accumulation }, (_, at) => feedsOf(done * accumulation + at));
    const learning_rate = rateAt(done, { ...options, total });
    const feeds = pools.map((pool) => pool.feeds);
    const { losses, grad_norm } = await stepper.update(feeds, optimizer, { learning_rate, max_grad_norm });
    const update = optimizer.state.updates;
    if (update === done) throw diverged(done + 1, { ...losses, grad_norm, learning_rate });
    pace.tokens += pools.reduce((sum, { tokens }) => sum + tokens, 0);
    const rate = pace.tokens / ((performance.now() - pace.since) / 1000);
    job.report({ label: "train", done: update, total, unit: "updates", detail: describe(losses, { grad_norm, learning_rate, rate }) });
    if (update % logging_steps === 0 || update === total) {
      appendMetrics(dir, { update, epoch: (update * accumulation) / data.poolsPerEpoch, ...losses, grad_norm, learning_rate });
      appendTiming(dir, { update, tokens_per_second: Math.round(rate) });
    }
    if (job.stopping || update % save_steps === 0) await saveCheckpoint(dir, { parameters, adam: optimizer.state });
    if (job.stopping) throw new Interrupted(`stopped after update ${update} of ${total}; continue with --resume`);
  }
}

async function readSamples(files: readonly string[], limit = Infinity): Promise<TrainSample[]> {
  const samples: TrainSample[] = [];
  for (const file of files) {
    for await (const sample of readJsonl(file, TrainSample)) {
      if (samples.length >= limit) return samples;
      samples.push(sample);
    }
  }
  return samples;
}

function totalUpdates({ poolsPerEpoch }: Mixture, { epochs, gradient_accumulation_steps, max_steps }: TrainOptions): number {
  const all = Math.max(1, Math.floor((epochs * poolsPerEpoch) / gradient_accumulation_steps));
  return max_steps ?? all;
}

function loraOf(options: TrainOptions): LoraSpec | null {
  if (options.tuning === "full") return null;
  const { lora_r: r, lora_alpha, use_rslora, target_modules } = options;
  return { r, scale: loraScale({ lora_alpha, r, use_rslora }), target_modules };
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

/** @file The training job: runs in the engine's child process, from the first pool to the exported model. */
import { openDevice } from "../onnx/device.ts";
import type { Job } from "../engine/messages.ts";
import type { ResolvedTrainOptions } from "../schema/options/train.ts";
import { pickSettings } from "../text/from-settings.ts";
import { readAdapter } from "../weights/adapter.ts";
import { describeLastCheckpoint, loadCheckpoint } from "./checkpoint.ts";
import { DevEvaluation, type EvaluationAnswer } from "./dev-evaluation.ts";
import { copyModel, exportModel } from "./export.ts";
import { updateLoop } from "./loop.ts";
import { evaluationsOf, lastMetrics, MetricsLog } from "./metrics-log.ts";
import { PASSAGES_AS_RESPONSES, writeModelCard } from "./model-card.ts";
import { initialLossScale } from "./loss-scale.ts";
import { AdamW } from "./optimizer.ts";
import { initialParameters } from "./parameters.ts";
import { checkPrecision } from "./precision.ts";
import { planRun } from "./run-plan.ts";
import { dataWarnings } from "./sample-losses.ts";
import { StageRunner } from "./stage-runner.ts";
import { updatesWithout } from "./stages.ts";

export interface TrainJobInput {
  options: ResolvedTrainOptions;
  threads: number;
  /** The draft directory, and the train.jsonl of every input. */
  dir: string;
  files: string[];
  /** The metric that says which update is the best; absent where nothing is evaluated. */
  metric?: string | undefined;
}

export interface TrainJobResult {
  /** Fewer than planned where an evaluation stopped the run. */
  updates: number;
  parameters: number;
  /** Per epoch by source; of the first stage, where there are several. */
  samples: Record<string, number>;
  stages?: { stage: number; updates: number; samples: Record<string, number> }[];
  /** Where they are not the dataset's: what they are. */
  responses?: string;
  device: string;
  losses: Record<string, number>;
  /** The update whose parameters were exported: the best on the dev set, where that was asked for. */
  best?: { update: number; metric: string; value: number };
}

/** The checkpoints stay in `dir`: they go when the artifact is sealed, and a kill before that has something to resume. */
export async function run(input: TrainJobInput, job: Job): Promise<TrainJobResult> {
  const { options, dir } = input;
  const opened = await open(input, job);
  const { base, model, shapes, parameters, runner, optimizer, total } = opened;
  const settings = pickSettings(options);
  const exportTo = (to: string) => exportModel({ dir: to, base, model, options, settings, parameters, shapes });
  const log = new MetricsLog(dir, { update: optimizer.state.updates });
  const ask = async (question: unknown) => (await job.ask(question)) as EvaluationAnswer;
  const { metric } = input;
  const info = job.info.bind(job);
  const evaluation = metric === undefined ? null : new DevEvaluation({ dir, total, settings: options, metric, log, exportTo, ask, info });
  await updateLoop({ ...opened, options, dir, log, evaluation }, job);
  await runner.release();
  const best = evaluation?.best() ?? null;
  if (best) copyModel(best.dir, dir);
  else await exportTo(dir);

  const updates = optimizer.state.updates;
  if (updates < total) job.info(`stopped early, after update ${updates} of ${total}: patience for a better ${metric} is over`);
  const trained = [...parameters.values()].reduce((sum, { length }) => sum + length, 0);
  const facts = { updates, parameters: trained, samples: opened.data[0]!.mixture.counts, losses: lastMetrics(dir) };
  const ran = opened.stages.filter(({ first }) => first < updates).map((stage) => ({ ...stage, end: Math.min(stage.end, updates) }));
  const stages = ran.map(({ number, first, end }, at) => ({
    stage: number,
    updates: end - first,
    samples: opened.data[at]!.mixture.counts,
  }));
  const chosen = best === null ? {} : { best: { update: best.update, metric: metric!, value: best.value } };
  writeModelCard(dir, { ...facts, ...chosen, options, stages: ran, model_type: model.model_type, evaluations: evaluationsOf(dir) });
  return {
    ...facts,
    ...chosen,
    ...(stages.length > 1 ? { stages } : {}),
    ...(options.responses === "passage" ? { responses: PASSAGES_AS_RESPONSES } : {}),
    device: opened.device,
  };
}

/** The step graph in a session, the parameters as the newest checkpoint left them, and the feeds of any pool. */
async function open({ options, threads, dir, files }: TrainJobInput, job: Job) {
  const { device, reason } = await openDevice(options.device);
  job.info(`device ${device} (${reason}), ${threads} threads`);
  const imitated = checkPrecision(options.mixed_precision, device);
  if (imitated) job.warn(imitated);
  const plan = await planRun({ options, files });
  const { base, model, lookup, builder, tokenizer, samples, total, stages, data, steps, lora, trained } = plan;
  for (const warning of dataWarnings(samples, stages)) job.warn(warning);
  const adapter = options.init_adapter === undefined ? null : await readAdapter(options.init_adapter);
  const parameters = initialParameters({ trained }, base, { lora, adapter, seed: options.seed });
  const adam = await loadCheckpoint(dir, parameters, (message) => job.warn(message));
  if (adam) job.info(`resumed after update ${adam.updates} of ${total}`);
  const { adam_beta1: beta1, adam_beta2: beta2, adam_epsilon: epsilon, weight_decay } = options;
  const missed = (name: string, updates: number) => updatesWithout(name, updates, { stages, steps });
  const optimizer = new AdamW(parameters, { beta1, beta2, epsilon, weight_decay, missed }, adam ?? undefined);
  if (options.mixed_precision === "fp16") optimizer.state.loss_scale ??= initialLossScale();
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
    padId: tokenizer.padId,
    session: { device, threads, optimize: false },
    info: (message) => job.info(message),
    remains: () => `To go on, --resume: ${describeLastCheckpoint(dir)}.`,
  });
  return { device, base, model, tokenizer, data, stages, total, shapes, parameters, optimizer, runner };
}

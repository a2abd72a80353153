/** @file What a run is before anything is computed: its model, samples, stages and step graphs. */
import { modelFromConfig } from "../models/loader.ts";
import type { Model } from "../models/family.ts";
import type { LoraSpec, StoredTensor, TensorLookup } from "../models/parameters.ts";
import type { Value } from "../onnx/ir.ts";
import type { ResolvedTrainOptions } from "../schema/options/train.ts";
import { TrainSample } from "../schema/records.ts";
import { pickSettings, sequenceBuilder } from "../text/from-settings.ts";
import type { SequenceBuilder } from "../text/sequences.ts";
import { loadTokenizer, type Tokenizer } from "../text/tokenizer.ts";
import { readJsonl } from "../util/jsonl.ts";
import { loraScale } from "../weights/adapter.ts";
import { type Checkpoint, openCheckpoint } from "../weights/checkpoint.ts";
import { type Mixture, mixture } from "./mixture.ts";
import { objectiveOf } from "./objective.ts";
import { feedsAny, idleLosses } from "./sample-losses.ts";
import { type StageData, stageData } from "./stage-data.ts";
import { stepSpec } from "./stage-runner.ts";
import { planStages, type Stage, stageOptions, withinReach } from "./stages.ts";
import { buildStep, type StepGraph } from "./step-graph.ts";

export interface RunPlan {
  base: Checkpoint;
  model: Model;
  lookup: TensorLookup;
  builder: SequenceBuilder;
  tokenizer: Tokenizer;
  samples: TrainSample[];
  /** Updates of the run. */
  total: number;
  /** The stages, with the pools and the step graph of each. */
  stages: Stage[];
  data: StageData[];
  steps: StepGraph[];
  lora: LoraSpec | null;
  /** What any stage trains is trained state from the start; a stage that does not reach a tensor leaves it alone. */
  trained: Map<string, Value>;
}

/** `files` are the train.jsonl of every input. */
export async function planRun({ options, files }: { options: ResolvedTrainOptions; files: readonly string[] }): Promise<RunPlan> {
  const base = await openCheckpoint(options.model);
  const model = await modelFromConfig(base.config, `${options.model}/config.json`);
  const lookup: TensorLookup = (name) => base.tensor(name) as StoredTensor;
  const tokenizer = await loadTokenizer(options.model);
  const builder = sequenceBuilder(tokenizer, pickSettings(options));
  const samples = await readSamples(files, options.limit);
  for (const stage of stageOptions(options)) idleLosses(samples, objectiveOf(stage));
  const total = totalUpdates(mixture(samples, { ...options, feeds: feedsAny(objectiveOf(options)) }), options);
  const stages = planStages(options, total).map((stage) => withinReach(stage, samples.length));
  const data = stageData(stages, samples);
  const lora = loraOf(options);
  const steps = stages.map((stage) => buildStep(model, lookup, stepSpec(stage.options, lora)));
  const trained = new Map(steps.flatMap((step) => [...step.trained]));
  return { base, model, lookup, builder, tokenizer, samples, total, stages, data, steps, lora, trained };
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

function totalUpdates({ poolsPerEpoch }: Mixture, { epochs, gradient_accumulation_steps, max_steps }: ResolvedTrainOptions): number {
  const all = Math.max(1, Math.floor((epochs * poolsPerEpoch) / gradient_accumulation_steps));
  return max_steps ?? all;
}

function loraOf(options: ResolvedTrainOptions): LoraSpec | null {
  if (options.tuning === "full") return null;
  const { lora_r: r, lora_alpha, use_rslora, target_modules, lora_dropout: dropout } = options;
  return { r, scale: loraScale({ lora_alpha, r, use_rslora }), target_modules, dropout };
}

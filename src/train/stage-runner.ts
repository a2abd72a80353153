/** @file Runs the stages one after the other: each has a step graph of its own, in one session at a time. */
import type { Model } from "../models/family.ts";
import type { LoraSpec, TensorLookup } from "../models/parameters.ts";
import type { SessionOptions } from "../onnx/session.ts";
import type { ResolvedTrainOptions } from "../schema/options/train.ts";
import type { SequenceBuilder } from "../text/sequences.ts";
import { chunkSize } from "./chunk-size.ts";
import { openSource } from "./gradient-source.ts";
import { objectiveOf } from "./objective.ts";
import { composePool, type Pool, type PoolOptions } from "./pool.ts";
import { productsOf } from "./precision.ts";
import type { StageData } from "./stage-data.ts";
import { type Stage, stageOf } from "./stages.ts";
import type { StepGraph } from "./step-graph.ts";
import type { StepSpec } from "./step-spec.ts";
import { Stepper } from "./stepper.ts";

/** Rows whose logits are alive at once. */
const ROWS_PER_BLOCK = 1024;

const rowBlocks = (options: ResolvedTrainOptions): number =>
  Math.ceil((Math.min(chunkSize(options) ?? Infinity, options.batch_size) * options.max_response_length) / ROWS_PER_BLOCK);

/** The step graph that the options of a stage ask for. */
export function stepSpec(options: ResolvedTrainOptions, lora: LoraSpec | null): StepSpec {
  const { max_query_length, max_passage_length, max_response_length, pad_to_multiple_of, gradient_checkpointing, mixed_precision } =
    options;
  const products = productsOf(mixed_precision);
  const max_positions = max_query_length + max_passage_length + max_response_length + pad_to_multiple_of;
  return { objective: objectiveOf(options), max_positions, row_blocks: rowBlocks(options), lora, gradient_checkpointing, products };
}

export interface OpenStage {
  stage: Stage;
  data: StageData;
  stepper: Stepper<Pool>;
  /** Pool `index` of the stage's mixture. */
  poolAt(index: number): Pool;
}

export interface StageRun {
  stages: readonly Stage[];
  /** The step graph and the pools of each stage. */
  steps: readonly StepGraph[];
  data: readonly StageData[];
  model: Model;
  lookup: TensorLookup;
  lora: LoraSpec | null;
  parameters: Map<string, Float32Array>;
  builder: SequenceBuilder;
  padId: number;
  session: SessionOptions;
  info: (message: string) => void;
  /** What remains of the run when a process dies. */
  remains: () => string;
}

export class StageRunner {
  readonly #run: StageRun;
  #open: OpenStage | null = null;

  constructor(run: StageRun) {
    this.#run = run;
  }

  /** The stage of an update, opened when it is first asked for; the one before it is released. */
  async at(update: number): Promise<OpenStage> {
    const stage = stageOf(this.#run.stages, update);
    if (this.#open?.stage === stage) return this.#open;
    await this.release();
    const { steps, data, parameters, lora } = this.#run;
    const at = stage.number - 1;
    const step = steps[at]!;
    const source = await openSource({ ...this.#run, options: stage.options, step, spec: stepSpec(stage.options, lora) });
    const stepper = new Stepper(source, parameters);
    this.#open = { stage, data: data[at]!, stepper, poolAt: poolsOf(stage, { step, data: data[at]!, builder: this.#run.builder }) };
    return this.#open;
  }

  async release(): Promise<void> {
    await this.#open?.stepper.release();
    this.#open = null;
  }
}

/** Pool `index` of the stage's mixture. */
export function poolsOf(
  { number, options }: Stage,
  { step, data, builder }: { step: Pick<StepGraph, "passes">; data: StageData; builder: SequenceBuilder },
): OpenStage["poolAt"] {
  const { gen_weight, gen_rag_weight } = objectiveOf(options);
  const poolOptions: PoolOptions = { ...options, passes: step.passes, generation: gen_weight > 0, rag: gen_rag_weight > 0 };
  return (index) => {
    const { samples, epoch } = data.mixture.pool(index);
    return { id: `${number}.${index}`, ...composePool(samples, epoch, builder, poolOptions) };
  };
}

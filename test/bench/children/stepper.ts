/** @file Opens the training of a workload as `train` does: its model, what is trained, and updates by AdamW (lr 1e-4, no decay, no clipping). */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Model } from "../../../src/models/family.ts";
import { modelFromConfig } from "../../../src/models/loader.ts";
import type { LoraSpec, StoredTensor, TensorLookup } from "../../../src/models/parameters.ts";
import { type Feeds, Session } from "../../../src/onnx/session.ts";
import { AdamW } from "../../../src/train/optimizer.ts";
import { buildStep } from "../../../src/train/step-graph.ts";
import type { StepSpec } from "../../../src/train/step-spec.ts";
import { type GradientSource, Stepper } from "../../../src/train/stepper.ts";
import { WholePool } from "../../../src/train/whole-pool.ts";
import { loraScale, readAdapter } from "../../../src/weights/adapter.ts";
import { openCheckpoint } from "../../../src/weights/checkpoint.ts";

export interface Opened {
  model: Model;
  lookup: TensorLookup;
  /** The workload's adapter is trained where it has one, else every weight. */
  lora: LoraSpec | null;
  /** What a trained tensor starts from. */
  start(name: string): Float32Array;
}

export async function openWorkload(work: string): Promise<Opened> {
  const checkpoint = await openCheckpoint(join(work, "model"));
  const adapter = existsSync(join(work, "adapter")) ? await readAdapter(join(work, "adapter")) : null;
  return {
    model: await modelFromConfig(checkpoint.config, work),
    lookup: (name) => checkpoint.tensor(name) as StoredTensor,
    lora: adapter && { r: adapter.config.r, scale: loraScale(adapter.config), target_modules: adapter.config.target_modules },
    start: (name) => (adapter ? adapter.readFloat32(`base_model.model.${name}`) : checkpoint.readFloat32(name, { finite: true })),
  };
}

/** A step over whole pools, given as feeds. */
export async function openStep(work: string, spec: Omit<StepSpec, "lora"> & { threads: number }) {
  const { model, lookup, lora, start } = await openWorkload(work);
  const step = buildStep(model, lookup, { ...spec, lora });
  const session = await Session.create(step.graph, { device: "cpu", threads: spec.threads, optimize: false });
  const parameters = new Map([...step.trained.keys()].map((name) => [name, start(name)]));
  return updates(new WholePool<Feeds>({ step, session, parameters, feedsOf: (feeds) => feeds }), parameters);
}

/** A function that makes one update of the mean over pools and returns its loss. */
export function updates<Pool>(source: GradientSource<Pool>, parameters: Map<string, Float32Array>) {
  const adam = new AdamW(parameters, { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0 });
  const stepper = new Stepper(source, parameters);
  return async (pools: readonly Pool[]): Promise<{ loss: number }> => {
    const { losses } = await stepper.update(pools, adam, { learning_rate: 1e-4, max_grad_norm: 0 });
    return { loss: losses.L };
  };
}

/** @file The trained tensors at the start: the checkpoint's own weights, or fresh adapters. */
import type { LoraSpec } from "../models/parameters.ts";
import { Rng } from "../util/rng.ts";
import { type Adapter, loraTensorName, matrixOf } from "../weights/adapter.ts";
import type { Checkpoint } from "../weights/checkpoint.ts";
import type { StepGraph } from "./step-graph.ts";

/** Full: the weights in float32. LoRA: those of `adapter`, else fresh ones, A uniform in ±1/√inputs (Kaiming with a = √5, as peft draws it), B zero, so training starts at the base model. */
export function initialParameters(
  step: Pick<StepGraph, "trained">,
  checkpoint: Checkpoint,
  { lora, adapter, seed }: { lora: LoraSpec | null; adapter: Adapter | null; seed: number },
): Map<string, Float32Array> {
  return new Map(
    [...step.trained].map(([name, { shape }]) => {
      if (lora === null) return [name, checkpoint.readFloat32(name, { finite: true })];
      if (adapter) return [name, adapter.readFloat32(loraTensorName(...matrixOf(name)), { finite: true })];
      const [rows, columns] = shape as readonly number[];
      const data = new Float32Array(rows! * columns!);
      if (name.endsWith("lora_A.weight")) {
        const rng = Rng.of(seed, "lora", name);
        const bound = 1 / Math.sqrt(columns!);
        for (let i = 0; i < data.length; i++) data[i] = (2 * rng.uniform() - 1) * bound;
      }
      return [name, data];
    }),
  );
}

/** @file The trained model as a directory others can read: a full Hugging Face checkpoint, or a PEFT adapter. */
import { constants, copyFileSync, existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Model } from "../models/family.ts";
import { type SequenceSettings, SETTINGS_FILE } from "../schema/settings.ts";
import type { ResolvedTrainOptions } from "../schema/options/train.ts";
import { PROMPT_FILE, promptPath } from "../text/from-settings.ts";
import { writeFileAtomic } from "../util/files.ts";
import { attempt } from "../util/io-errors.ts";
import { loraTensorName, matrixOf, writeAdapter } from "../weights/adapter.ts";
import { COMPANION_FILES } from "../weights/model-directory.ts";
import { type Checkpoint, readTensorBytes } from "../weights/checkpoint.ts";
import { type TensorToWrite, writeSafetensors } from "../weights/safetensors.ts";

export interface ExportSource {
  dir: string;
  base: Checkpoint;
  model: Model;
  options: ResolvedTrainOptions;
  settings: SequenceSettings;
  parameters: ReadonlyMap<string, Float32Array>;
  shapes: ReadonlyMap<string, readonly number[]>;
}

export async function exportModel(source: ExportSource): Promise<void> {
  const { dir, base, settings, options } = source;
  for (const name of COMPANION_FILES) {
    const from = join(base.dir, name);
    if (existsSync(from)) attempt(join(dir, name), "write", () => copyFileSync(from, join(dir, name)));
  }
  writeFileAtomic(join(dir, SETTINGS_FILE), `${JSON.stringify(keepPrompt(dir, settings), null, 2)}\n`);
  if (options.tuning === "full") await writeFull(source);
  else await writeLora(source);
}

/** The files of a model that was exported before. */
export function copyModel(from: string, to: string): void {
  for (const name of readdirSync(from))
    attempt(join(to, name), "write", () => copyFileSync(join(from, name), join(to, name), constants.COPYFILE_FICLONE));
}

/** A prompt file of the user's own goes along: inference must build the very prompt of training, from any folder. */
function keepPrompt(dir: string, settings: SequenceSettings): SequenceSettings {
  const file = promptPath(settings.prompt);
  if (file !== settings.prompt) return settings;
  attempt(join(dir, PROMPT_FILE), "write", () => copyFileSync(file, join(dir, PROMPT_FILE)));
  return { ...settings, prompt: PROMPT_FILE };
}

/**
 * Trained tensors in float32, those that no loss reached as they were. Nothing else of the checkpoint: a copy of the embedding saved
 * as `lm_head.weight` of a tied model would be a stale one now, and transformers would take it for the head.
 */
async function writeFull({ dir, base, model, parameters }: ExportSource): Promise<void> {
  const tensors = [...model.weights()].map(([name, shape]): TensorToWrite => {
    const data = parameters.get(name);
    if (data) return { name, dtype: "F32", shape: [...shape], data: bytesOf(data) };
    const ref = base.tensor(name);
    return { name, dtype: ref.dtype, shape: ref.shape, data: () => readTensorBytes(ref) };
  });
  await writeSafetensors(join(dir, "model.safetensors"), tensors, { format: "pt" });
  const { torch_dtype: _old, ...config } = base.config;
  writeFileAtomic(join(dir, "config.json"), `${JSON.stringify({ ...config, dtype: "float32" }, null, 2)}\n`);
}

async function writeLora({ dir, base, options, parameters, shapes }: ExportSource): Promise<void> {
  const tensors = [...parameters].map(([name, data]): TensorToWrite => {
    return { name: loraTensorName(...matrixOf(name)), dtype: "F32", shape: shapes.get(name)!, data: bytesOf(data) };
  });
  const config = {
    r: options.lora_r,
    lora_alpha: options.lora_alpha,
    lora_dropout: options.lora_dropout,
    target_modules: options.target_modules,
    use_rslora: options.use_rslora,
    base_model_name_or_path: resolve(base.dir),
  };
  await writeAdapter(dir, { config, tensors });
}

const bytesOf = (data: Float32Array): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

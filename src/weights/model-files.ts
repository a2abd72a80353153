/** @file A model directory as inference reads it: a checkpoint, or a PEFT adapter on its base. */
import { join } from "node:path";
import { assertModelDirectory } from "./model-directory.ts";
import { UsageError } from "../util/errors.ts";
import { ADAPTER_CONFIG, ADAPTER_WEIGHTS, basePathOf, loraScale, loraTensorName, readAdapter } from "./adapter.ts";
import { exists, openCheckpoint, type WeightRef, weightOf } from "./checkpoint.ts";

export interface ModelFiles {
  dir: string;
  /** The base's config.json, and where it is. */
  config: Record<string, unknown>;
  configFile: string;
  tokenizerDir: string;
  /** Throws `DataError` naming the tensor when it is missing. */
  weight(name: string): WeightRef;
  adapter: AdapterFiles | null;
}

export interface AdapterFiles {
  r: number;
  scale: number;
  target_modules: readonly string[];
  file: string;
  /** By the name `<module>.lora_A.weight`. */
  weight(name: string): WeightRef;
  /** The names of the file's tensors, as `weight` takes them. */
  names(): string[];
}

/** `baseModel` overrides where an adapter says its base lies. */
export async function openModelFiles(dir: string, { baseModel }: { baseModel?: string | undefined } = {}): Promise<ModelFiles> {
  assertModelDirectory(dir, "--model");
  if (baseModel !== undefined) assertModelDirectory(baseModel, "--base-model");
  const adapted = await exists(join(dir, ADAPTER_CONFIG));
  if (!adapted && baseModel !== undefined) throw new UsageError(`--base-model is for adapters; ${dir} has no ${ADAPTER_CONFIG}`);
  const baseDir = adapted ? (baseModel ?? (await basePathOf(dir))) : dir;
  const base = await openCheckpoint(baseDir);
  return {
    dir,
    config: base.config,
    configFile: join(baseDir, "config.json"),
    tokenizerDir: (await exists(join(dir, "tokenizer.json"))) ? dir : baseDir,
    weight: (name) => weightOf(base, name),
    adapter: adapted ? await openAdapterFiles(dir) : null,
  };
}

/** Throws `DataError` where the directory holds no plain LoRA adapter. */
export async function openAdapterFiles(dir: string): Promise<AdapterFiles> {
  const adapter = await readAdapter(dir);
  const weight = (name: string): WeightRef => weightOf(adapter, name);
  const prefix = loraTensorName("", "lora_A").replace(".lora_A.weight", "");
  return {
    r: adapter.config.r,
    scale: loraScale(adapter.config),
    target_modules: adapter.config.target_modules,
    file: join(dir, ADAPTER_WEIGHTS),
    weight: (name) => weight(prefix + name),
    names: () => adapter.names().map((name) => (name.startsWith(prefix) ? name.slice(prefix.length) : name)),
  };
}

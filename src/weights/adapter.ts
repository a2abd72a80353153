/** @file PEFT LoRA adapter directories, read and written with the keys and tensor names of the `peft` library. */
import { writeFile } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { DataError } from "../util/errors.ts";
import { ioError } from "../util/io-errors.ts";
import { type Checkpoint, exists, readJsonObjectFile, tensorAccess, tensorsOf } from "./checkpoint.ts";
import { type TensorToWrite, writeSafetensors } from "./safetensors.ts";

export const ADAPTER_CONFIG = "adapter_config.json";
export const ADAPTER_WEIGHTS = "adapter_model.safetensors";
const PREFIX = "base_model.model.";

export interface LoraConfig {
  r: number;
  lora_alpha: number;
  lora_dropout: number;
  /** Last parts of module names: `q_proj`, … */
  target_modules: string[];
  /** Scales by alpha/√r instead of alpha/r. */
  use_rslora: boolean;
  /** As written: a path or a hub name; null when unknown. */
  base_model_name_or_path: string | null;
}

export interface Adapter extends Omit<Checkpoint, "config"> {
  config: LoraConfig;
}

/** Keys whose value changes nothing here, each with the reason. */
const IGNORED: ReadonlyMap<string, string> = new Map([
  ["auto_mapping", "names a Python class"],
  ["inference_mode", "a training switch"],
  ["init_lora_weights", "the weights are in the file"],
  ["loftq_config", "initialisation only"],
  ["eva_config", "initialisation only"],
  ["corda_config", "initialisation only"],
  ["lora_ga_config", "initialisation only"],
  ["megatron_config", "another runtime"],
  ["megatron_core", "another runtime"],
  ["peft_version", "a note"],
  ["qalora_group_size", "used with use_qalora only"],
  ["revision", "a note"],
  ["runtime_config", "another runtime"],
  ["ensure_weight_tying", "used with modules_to_save only"],
  ["layers_pattern", "used with layers_to_transform only"],
]);

const READ = new Set([
  "peft_type",
  "task_type",
  "r",
  "lora_alpha",
  "lora_dropout",
  "target_modules",
  "use_rslora",
  "base_model_name_or_path",
]);

/** Throws `DataError` naming the first key that asks for something other than plain LoRA. */
export async function readAdapter(dir: string): Promise<Adapter> {
  const file = join(dir, ADAPTER_CONFIG);
  const config = loraConfigOf(await readJsonObjectFile(file), file);
  const tensors = await tensorsOf(join(dir, ADAPTER_WEIGHTS));
  return { dir, config, ...tensorAccess(dir, tensors) };
}

/** `tensors` carry the names `loraTensorName` gives. */
export async function writeAdapter(
  dir: string,
  { config, tensors }: { config: LoraConfig; tensors: Iterable<TensorToWrite> },
): Promise<void> {
  await writeSafetensors(join(dir, ADAPTER_WEIGHTS), tensors, { format: "pt" });
  const file = join(dir, ADAPTER_CONFIG);
  await writeFile(file, `${JSON.stringify(peftConfig(config), null, 2)}\n`, { flush: true }).catch((error: unknown) => {
    throw ioError(error, file, "write");
  });
}

/** `model.layers.0.self_attn.q_proj` → the name peft saves: `base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight`. */
export function loraTensorName(module: string, matrix: "lora_A" | "lora_B"): string {
  return `${PREFIX}${module}.${matrix}.weight`;
}

/** The module and matrix of a name as the graph has it: `<module>.lora_A.weight`. */
export function matrixOf(name: string): [module: string, matrix: "lora_A" | "lora_B"] {
  const [, module, matrix] = /^(.*)\.(lora_[AB])\.weight$/.exec(name)!;
  return [module!, matrix as "lora_A" | "lora_B"];
}

/** α/r, or α/√r with use_rslora. */
export function loraScale({ lora_alpha: alpha, r, use_rslora: rs }: Pick<LoraConfig, "lora_alpha" | "r" | "use_rslora">): number {
  return alpha / (rs ? Math.sqrt(r) : r);
}

/** The directory of the base weights: the adapter's own when it holds them, else where the config points (relative paths start at the adapter). */
export async function basePathOf(dir: string): Promise<string> {
  if ((await exists(join(dir, "model.safetensors"))) || (await exists(join(dir, "model.safetensors.index.json")))) return dir;
  const file = join(dir, ADAPTER_CONFIG);
  const { base_model_name_or_path: base } = await readJsonObjectFile(file);
  if (typeof base !== "string" || base === "")
    throw new DataError("base_model_name_or_path is missing: write the base model's directory there", { file });
  const path = isAbsolute(base) ? base : resolve(dir, base);
  if (await exists(join(path, "config.json"))) return path;
  throw new DataError(
    `the base model "${base}" is not a local checkpoint directory (looked for ${join(path, "config.json")}); write its path there, or give --base-model`,
    { file },
  );
}

function loraConfigOf(raw: Record<string, unknown>, file: string): LoraConfig {
  const refuse = (message: string): never => {
    throw new DataError(message, { file });
  };
  if (raw["peft_type"] !== "LORA") refuse(`peft_type is ${JSON.stringify(raw["peft_type"])}; only "LORA" adapters are read`);
  for (const [key, value] of Object.entries(raw)) {
    if (READ.has(key) || IGNORED.has(key) || isOff(key, value)) continue;
    refuse(`${key} = ${JSON.stringify(value)} is not implemented; plain LoRA was expected`);
  }
  const {
    r,
    lora_alpha: alpha,
    lora_dropout: dropout = 0,
    target_modules: targets,
    use_rslora: rslora = false,
    base_model_name_or_path: base = null,
  } = raw;
  if (typeof r !== "number" || !Number.isInteger(r) || r < 1) return refuse(`r = ${JSON.stringify(r)}; a positive integer was expected`);
  if (typeof alpha !== "number") return refuse(`lora_alpha = ${JSON.stringify(alpha)}; a number was expected`);
  if (typeof dropout !== "number") return refuse(`lora_dropout = ${JSON.stringify(dropout)}; a number was expected`);
  if (!Array.isArray(targets) || !targets.every((name) => typeof name === "string")) {
    return refuse(`target_modules = ${JSON.stringify(targets)}; a list of module names was expected`);
  }
  if (typeof rslora !== "boolean") return refuse(`use_rslora = ${JSON.stringify(rslora)}; true or false was expected`);
  if (base !== null && typeof base !== "string") return refuse("base_model_name_or_path is not a string");
  return { r, lora_alpha: alpha, lora_dropout: dropout, target_modules: targets, use_rslora: rslora, base_model_name_or_path: base };
}

/** Absent, null, false, empty, or "none": the feature is not used. */
function isOff(key: string, value: unknown): boolean {
  if (value === null || value === false || (key === "bias" && value === "none")) return true;
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** The keys, order and defaults of peft 0.21. */
function peftConfig(config: LoraConfig): Record<string, unknown> {
  return {
    alpha_pattern: {},
    auto_mapping: null,
    base_model_name_or_path: config.base_model_name_or_path,
    bias: "none",
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
    layer_replication: null,
    layers_pattern: null,
    layers_to_transform: null,
    loftq_config: {},
    lora_alpha: config.lora_alpha,
    lora_dropout: config.lora_dropout,
    modules_to_save: null,
    peft_type: "LORA",
    r: config.r,
    rank_pattern: {},
    revision: null,
    target_modules: config.target_modules.toSorted(),
    task_type: "CAUSAL_LM",
    use_dora: false,
    use_rslora: config.use_rslora,
  };
}

/** @file Which adapters a run trains: fresh ones, or those of --init-adapter, whose shape is then the run's. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { assertAdapterFits } from "../models/adapter-fit.ts";
import type { Model } from "../models/family.ts";
import { formatShape } from "../onnx/dims.ts";
import { LORA_DEFAULTS, LORA_KEYS, type LoraSettings, type TrainOptions } from "../schema/options/train.ts";
import { MANIFEST, readManifest } from "../util/artifact-open.ts";
import { DataError, UsageError } from "../util/errors.ts";
import { ADAPTER_CONFIG, ADAPTER_WEIGHTS, type LoraConfig, readAdapter } from "../weights/adapter.ts";
import { assertModelDirectory } from "../weights/model-directory.ts";
import { openAdapterFiles } from "../weights/model-files.ts";

/** The files a warm start reads; none without one. */
export const initAdapterFiles = ({ init_adapter: dir }: Pick<TrainOptions, "init_adapter">): string[] =>
  dir === undefined ? [] : [join(dir, ADAPTER_CONFIG), join(dir, ADAPTER_WEIGHTS)];

/** What is not given is the default. */
export const freshLora = (given: TrainOptions): LoraSettings => ({ ...LORA_DEFAULTS, ...askedFor(given) });

const askedFor = (given: TrainOptions): Partial<LoraSettings> =>
  Object.fromEntries(LORA_KEYS.flatMap((key) => (given[key] === undefined ? [] : [[key, given[key]]])));

/**
 * What is not given is the adapter's own, else the default. Throws `UsageError` where something else is given than the adapter has:
 * its matrices would not fit, or would mean something else under another scale. Dropout alone may change.
 */
export async function loraSettings(given: TrainOptions): Promise<LoraSettings> {
  if (given.init_adapter === undefined) return freshLora(given);
  if (given.tuning === "full") throw new UsageError("--init-adapter starts from an adapter; --tuning full trains none");
  const own = ownSettings((await openInitAdapter(given.init_adapter)).config);
  const asked = askedFor(given);
  const differing = LORA_KEYS.filter((key) => key in asked && key !== "lora_dropout" && shown(asked[key]) !== shown(own[key]));
  if (differing.length > 0)
    throw new UsageError(
      `${given.init_adapter} has ${differing.map((key) => `${key} ${shown(own[key])}, asked for is ${shown(asked[key])}`).join("; ")}: leave it out to go on with the adapter's own`,
    );
  return { ...own, ...asked };
}

async function openInitAdapter(dir: string): ReturnType<typeof readAdapter> {
  assertModelDirectory(dir, "--init-adapter");
  if (!existsSync(join(dir, ADAPTER_CONFIG)))
    throw new UsageError(`--init-adapter ${dir} has no ${ADAPTER_CONFIG}; a checkpoint to start from is given as --model`);
  return readAdapter(dir);
}

function ownSettings({ r, lora_alpha, lora_dropout, use_rslora, target_modules }: LoraConfig): LoraSettings {
  return { lora_r: r, lora_alpha, lora_dropout, use_rslora, target_modules };
}

/** Names in any order are the same targets. */
const shown = (value: unknown): string => (Array.isArray(value) ? value.map(String).toSorted().join(",") : String(value));

/** Throws `DataError` unless the adapter holds exactly the matrices this base needs, and was not made on other weights. */
export async function checkInitAdapter(
  dir: string,
  { model, base, fingerprint }: { model: Model; base: string; fingerprint: string },
): Promise<void> {
  const adapter = await openAdapterFiles(dir);
  const [file, hint] = [adapter.file, `is it an adapter for another base than ${base}?`];
  assertAdapterFits(model, adapter, { names: adapter.names(), file });
  for (const [module, [outputs, inputs]] of model.linears()) {
    if (!adapter.target_modules.includes(module.slice(module.lastIndexOf(".") + 1))) continue;
    for (const [name, shape] of [
      [`${module}.lora_A.weight`, [adapter.r, inputs]],
      [`${module}.lora_B.weight`, [outputs, adapter.r]],
    ] as const) {
      if (!adapter.names().includes(name))
        throw new DataError(`has no tensor "${name}", which its target_modules ask for: ${hint}`, { file });
      const found = adapter.weight(name).shape;
      if (found.join() !== shape.join())
        throw new DataError(`tensor "${name}" is ${formatShape(found)}, ${formatShape(shape)} was expected: ${hint}`, { file });
    }
  }
  const made = existsSync(join(dir, MANIFEST)) ? readManifest(dir).model?.fingerprint : undefined;
  if (made !== undefined && made !== fingerprint)
    throw new DataError(
      `says that the adapter was trained on other weights, configuration or tokenizer than those of ${base}; give the base it was made for`,
      { file: join(dir, MANIFEST) },
    );
}

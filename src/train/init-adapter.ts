/** @file Which adapters a run trains: fresh ones, or those of --init-adapter, whose shape is then the run's. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { assertAdapterFits, assertAdapterWhole } from "../models/adapter-fit.ts";
import type { Model } from "../models/family.ts";
import { LORA_DEFAULTS, LORA_KEYS, type LoraSettings, type TrainOptions } from "../schema/options/train.ts";
import { UsageError } from "../util/errors.ts";
import { ADAPTER_CONFIG, ADAPTER_WEIGHTS, type LoraConfig, readAdapter } from "../weights/adapter.ts";
import { assertAdapterBase } from "../weights/adapter-base.ts";
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
export async function checkInitAdapter(dir: string, { model, base }: { model: Model; base: string }): Promise<void> {
  const adapter = await openAdapterFiles(dir);
  assertAdapterFits(model, adapter, { names: adapter.names(), file: adapter.file });
  assertAdapterWhole(model, adapter, { base });
  await assertAdapterBase(dir, base);
}

/** @file Whether an adapter belongs to a model: every matrix it holds must have its linear layer. */
import { DataError } from "../util/errors.ts";
import type { Model } from "./family.ts";
import type { LoraSpec } from "./parameters.ts";

/** `names` are the adapter's tensors as `<module>.lora_A.weight`; nothing in it may be left unused. */
export function assertAdapterFits(model: Model, lora: LoraSpec, { names, file }: { names: readonly string[]; file: string }): void {
  const linears = [...model.linears().keys()];
  const used = new Set(
    linears
      .filter((module) => lora.target_modules.includes(module.slice(module.lastIndexOf(".") + 1)))
      .flatMap((module) => [`${module}.lora_A.weight`, `${module}.lora_B.weight`]),
  );
  const unused = names.find((name) => !used.has(name));
  if (unused !== undefined)
    throw new DataError(`tensor "${unused}" belongs to no linear layer of this ${model.model_type}: is the base model the right one?`, {
      file,
    });
  const idle = lora.target_modules.find((target) => !linears.some((module) => module.endsWith(`.${target}`)));
  if (idle !== undefined) throw new DataError(`target_modules names "${idle}", which this ${model.model_type} does not have`, { file });
}

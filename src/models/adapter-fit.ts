/** @file Whether an adapter belongs to a model: every matrix it holds must have its linear layer. */
import { formatShape, sameShape } from "../onnx/dims.ts";
import { DataError } from "../util/errors.ts";
import type { Model } from "./family.ts";
import type { LoraSpec } from "./parameters.ts";

/** What is looked at of an adapter's files. */
export interface AdapterTensors {
  r: number;
  target_modules: readonly string[];
  file: string;
  names(): string[];
  weight(name: string): { shape: readonly number[] };
}

/** Throws `DataError` unless every layer that `target_modules` asks for has both matrices, in the shapes of the base at `base`. */
export function assertAdapterWhole(
  model: Model,
  { r, target_modules, file, names, weight }: AdapterTensors,
  { base }: { base: string },
): void {
  const known = new Set(names());
  const hint = `is it an adapter for another base than ${base}?`;
  for (const [module, [outputs, inputs]] of model.linears()) {
    if (!target_modules.includes(module.slice(module.lastIndexOf(".") + 1))) continue;
    for (const [name, shape] of [
      [`${module}.lora_A.weight`, [r, inputs]],
      [`${module}.lora_B.weight`, [outputs, r]],
    ] as const) {
      if (!known.has(name)) throw new DataError(`has no tensor "${name}", which its target_modules ask for: ${hint}`, { file });
      const found = weight(name).shape;
      if (!sameShape(found, shape))
        throw new DataError(`tensor "${name}" is ${formatShape(found)}, ${formatShape(shape)} was expected: ${hint}`, { file });
    }
  }
}

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

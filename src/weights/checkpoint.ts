/** @file A Hugging Face checkpoint directory: config.json and the tensors of one safetensors file or of its shards. */
import { closeSync, openSync, readSync } from "node:fs";
import { access, readFile, realpath } from "node:fs/promises";
import { basename, join } from "node:path";
import { closest } from "../util/closest.ts";
import { DataError } from "../util/errors.ts";
import { errorCode, inputError } from "../util/io-errors.ts";
import { parseJson } from "../util/json.ts";
import { isWeightDtype, toFloat32, type WeightDtype } from "./dtypes.ts";
import { readSafetensorsHeader } from "./safetensors.ts";

/** Where a tensor's bytes lie; `file` is resolved, so that it can be mapped from anywhere. */
export interface TensorRef {
  name: string;
  dtype: string;
  shape: number[];
  file: string;
  /** Absolute, in bytes. */
  offset: number;
  length: number;
}

export interface Checkpoint {
  dir: string;
  /** config.json as it is written. */
  config: Record<string, unknown>;
  /** Throws `DataError` naming the tensor when it is missing. */
  tensor(name: string): TensorRef;
  has(name: string): boolean;
  names(): string[];
  /** `finite: true` refuses NaN and infinities, naming the tensor and the element. */
  readFloat32(name: string, options?: { finite?: boolean }): Float32Array;
}

const SINGLE = "model.safetensors";
export const INDEX = "model.safetensors.index.json";

export async function openCheckpoint(dir: string): Promise<Checkpoint> {
  const config = await readJsonObjectFile(join(dir, "config.json"));
  const tensors = await collectTensors(dir);
  return { dir, config, ...tensorAccess(dir, tensors) };
}

/** The safetensors files that hold the weights of a directory, in name order. */
export async function weightFiles(dir: string): Promise<string[]> {
  if (await exists(join(dir, SINGLE))) return [SINGLE];
  if (await exists(join(dir, INDEX))) return [...new Set((await readWeightMap(dir)).values())].toSorted();
  const pickle = (await exists(join(dir, "pytorch_model.bin"))) || (await exists(join(dir, "pytorch_model.bin.index.json")));
  const hint = pickle ? "; pytorch_model.bin is a pickle, which is never read: save the model again with safe_serialization" : "";
  throw new DataError(`no ${SINGLE} and no ${INDEX}${hint}`, { file: dir });
}

export function tensorAccess(dir: string, tensors: ReadonlyMap<string, TensorRef>): Omit<Checkpoint, "dir" | "config"> {
  const tensor = (name: string): TensorRef => {
    const ref = tensors.get(name);
    if (ref !== undefined) return ref;
    const near = closest(name, [...tensors.keys()]);
    throw new DataError(`the checkpoint has no tensor "${name}"${near === undefined ? "" : ` (the nearest name is "${near}")`}`, {
      file: dir,
    });
  };
  return {
    tensor,
    has: (name) => tensors.has(name),
    names: () => [...tensors.keys()],
    readFloat32: (name, { finite = false } = {}) => readFloat32(tensor(name), finite),
  };
}

/** A tensor of a type that a graph can read in place. */
export type WeightRef = TensorRef & { dtype: WeightDtype };

/** Throws `DataError` when the tensor is missing or of a dtype that weights do not come in. */
export function weightOf({ tensor }: Pick<Checkpoint, "tensor">, name: string): WeightRef {
  const ref = tensor(name);
  if (!isWeightDtype(ref.dtype)) throw new DataError(`tensor "${name}" is ${ref.dtype}; F32, F16 or BF16 was expected`, { file: ref.file });
  return { ...ref, dtype: ref.dtype };
}

/** Throws `DataError` unless the weight is there in the shape that config.json implies. */
export function checkWeight(checkpoint: Pick<Checkpoint, "tensor">, name: string, shape: readonly number[]): void {
  const found = weightOf(checkpoint, name);
  if (found.shape.join() !== shape.join())
    throw new DataError(`${name} is [${found.shape.join(", ")}], config.json implies [${shape.join(", ")}]`, { file: found.file });
}

/** Every tensor of one safetensors file. */
export async function tensorsOf(path: string): Promise<Map<string, TensorRef>> {
  const { tensors } = await readSafetensorsHeader(path);
  const file = await realpath(path);
  return new Map(
    [...tensors].map(([name, { dtype, shape, begin, end }]) => [name, { name, dtype, shape, file, offset: begin, length: end - begin }]),
  );
}

export async function readJsonObjectFile(path: string): Promise<Record<string, unknown>> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw inputError(error, path);
  });
  const value = parseJson(bytes, { file: path });
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new DataError("not a JSON object", { file: path });
  return value as Record<string, unknown>;
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    (error: unknown) => {
      // A folder that may not be entered is another trouble than a file that is not there.
      const code = errorCode(error);
      if (code === "ENOENT" || code === "ENOTDIR") return false;
      throw inputError(error, path);
    },
  );
}

async function collectTensors(dir: string): Promise<Map<string, TensorRef>> {
  const files = await weightFiles(dir);
  if (files[0] === SINGLE) return tensorsOf(join(dir, SINGLE));
  const weightMap = await readWeightMap(dir);
  const all = new Map<string, TensorRef>();
  for (const file of files) {
    for (const [name, ref] of await tensorsOf(join(dir, file))) {
      if (weightMap.get(name) !== file)
        throw new DataError(`holds tensor "${name}", which ${INDEX} does not place there`, { file: ref.file });
      all.set(name, ref);
    }
  }
  const missing = [...weightMap].find(([name]) => !all.has(name));
  if (missing !== undefined)
    throw new DataError(`tensor "${missing[0]}" is not in ${missing[1]}, where the index places it`, { file: join(dir, INDEX) });
  return all;
}

export async function readWeightMap(dir: string): Promise<Map<string, string>> {
  const file = join(dir, INDEX);
  const { weight_map: weightMap } = await readJsonObjectFile(file);
  if (typeof weightMap !== "object" || weightMap === null || Array.isArray(weightMap)) throw new DataError("has no weight_map", { file });
  for (const [name, shard] of Object.entries(weightMap)) {
    if (typeof shard !== "string" || basename(shard) !== shard || !shard.endsWith(".safetensors")) {
      throw new DataError(`places tensor "${name}" in ${JSON.stringify(shard)}, a plain *.safetensors name was expected`, { file });
    }
  }
  return new Map(Object.entries(weightMap as Record<string, string>));
}

function readFloat32(ref: TensorRef, finite: boolean): Float32Array {
  if (!isWeightDtype(ref.dtype))
    throw new DataError(`tensor "${ref.name}" is ${ref.dtype}; F32, F16 or BF16 was expected`, { file: ref.file });
  const values = toFloat32(ref.dtype, readTensorBytes(ref));
  const at = finite ? values.findIndex((value) => !Number.isFinite(value)) : -1;
  if (at !== -1)
    throw new DataError(`tensor "${ref.name}" holds ${values[at]} at element ${at}; weights must be finite`, { file: ref.file });
  return values;
}

/** The tensor's bytes, however many: one read of Node's ends at 2 GB. */
export function readTensorBytes({ file, offset, length }: TensorRef): Uint8Array {
  const bytes = new Uint8Array(length);
  try {
    const descriptor = openSync(file, "r");
    try {
      for (let at = 0; at < length;) {
        const read = readSync(descriptor, bytes, at, Math.min(length - at, 1 << 30), offset + at);
        if (read === 0) throw new DataError("the file shrank after it was opened", { file });
        at += read;
      }
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw inputError(error, file);
  }
  return bytes;
}

/** @file A base and its adapter as one checkpoint: W + scale·B·A, shard by shard, with one tensor in memory. */
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { DataError } from "../util/errors.ts";
import { writeFileAtomic } from "../util/files.ts";
import { INDEX, readTensorBytes, readWeightMap, type TensorRef, tensorsOf, weightFiles } from "./checkpoint.ts";
import { DTYPE_BITS, fromFloat32, isWeightDtype, toFloat32, type WeightDtype } from "./dtypes.ts";
import type { AdapterFiles } from "./model-files.ts";
import { elementCount, type TensorToWrite, writeSafetensors } from "./safetensors.ts";

/** Rounds to infinity from here on; the other two types hold whatever float32 holds, or nearly. */
const HALF_LIMIT = 65520;

export interface MergeSpec {
  /** The base's directory, and where to write. */
  base: string;
  dir: string;
  adapter: AdapterFiles;
  /** Null keeps every tensor's own. */
  dtype: WeightDtype | null;
  /** Elements that are float32 at a time, about. */
  block?: number;
  /** Called before a tensor is read; may throw to stop. */
  onTensor(done: number, total: number): void;
}

/**
 * Writes the shards of the base under their own names, with the same tensors in them; one that is there already was whole when it got
 * its name, and stays. Tensors without an adapter are copied, or converted to `dtype`. Throws `DataError` where a value does not fit.
 */
export async function writeMerged({
  base,
  dir,
  adapter,
  dtype,
  block = 1 << 20,
  onTensor,
}: MergeSpec): Promise<{ tensors: number; merged: number }> {
  const shards = await Promise.all(
    (await weightFiles(base)).map(async (name) => ({ name, refs: [...(await tensorsOf(join(base, name))).values()] })),
  );
  const total = shards.reduce((sum, { refs }) => sum + refs.length, 0);
  const adapted = new Set(adapter.names().map((name) => name.replace(/\.lora_[AB]\.weight$/, ".weight")));
  const missing = [...adapted].find((name) => !shards.some(({ refs }) => refs.some((ref) => ref.name === name)));
  if (missing !== undefined) throw new DataError(`the checkpoint has no tensor "${missing}", which the adapter is for`, { file: base });
  let done = 0;
  let bytes = 0;
  for (const { name, refs } of shards) {
    const tensors = refs.map((ref): TensorToWrite => {
      const kind = dtype !== null && isWeightDtype(ref.dtype) ? dtype : ref.dtype;
      const data = () => {
        onTensor(done++, total);
        return tensorBytes(ref, { dtype: kind, block, delta: adapted.has(ref.name) ? deltaOf(ref, adapter) : null });
      };
      return { name: ref.name, dtype: kind, shape: ref.shape, data };
    });
    bytes += tensors.reduce((sum, tensor) => sum + (elementCount(tensor.shape) * DTYPE_BITS.get(tensor.dtype)!) / 8, 0);
    if (existsSync(join(dir, name))) done += refs.length;
    else await writeSafetensors(join(dir, name), tensors, { format: "pt" });
  }
  if (existsSync(join(base, INDEX)) && shards.length > 1) {
    const weight_map = Object.fromEntries(await readWeightMap(base));
    writeFileAtomic(join(dir, INDEX), `${JSON.stringify({ metadata: { total_size: bytes }, weight_map }, null, 2)}\n`);
  }
  onTensor(total, total);
  return { tensors: total, merged: adapted.size };
}

/** Adds scale·B·A to `rows` rows from row `first` on. */
type Delta = (values: Float32Array, first: number, rows: number) => void;

function deltaOf({ name: weight, shape, file }: TensorRef, { weight: matrix, scale }: AdapterFiles): Delta {
  const module = weight.slice(0, -".weight".length);
  const [a, b] = (["lora_A", "lora_B"] as const).map((name) => finite(matrix(`${module}.${name}.weight`)));
  const [r, columns] = matrix(`${module}.lora_A.weight`).shape as [number, number];
  if (shape.join() !== [b!.length / r, columns].join())
    throw new DataError(`tensor "${weight}" is [${shape.join(", ")}], the adapter is for [${b!.length / r}, ${columns}]`, { file });
  return (values, first, rows) => {
    const sum = new Float64Array(columns);
    for (let row = 0; row < rows; row++) {
      sum.fill(0);
      for (let k = 0; k < r; k++) {
        const factor = scale * b![(first + row) * r + k]!;
        const from = k * columns;
        for (let i = 0; i < columns; i++) sum[i]! += factor * a![from + i]!;
      }
      for (let i = 0; i < columns; i++) values[row * columns + i]! += sum[i]!;
    }
  };
}

/** The tensor in another type, `delta` added to it, rounded to the nearest, ties to even. */
function tensorBytes(ref: TensorRef, { dtype, block, delta }: { dtype: string; block: number; delta: Delta | null }): Uint8Array {
  const source = readTensorBytes(ref);
  if (!isWeightDtype(ref.dtype) || !isWeightDtype(dtype) || (delta === null && dtype === ref.dtype)) return source;
  const columns = ref.shape.length === 2 ? ref.shape[1]! : 1;
  const count = elementCount(ref.shape);
  const [from, to] = [source.byteLength / count, DTYPE_BITS.get(dtype)! / 8];
  const target = dtype === ref.dtype ? source : new Uint8Array(count * to);
  const step = Math.max(1, Math.floor(block / columns)) * columns;
  for (let at = 0; at < count; at += step) {
    const end = Math.min(count, at + step);
    const values = toFloat32(ref.dtype, source.subarray(at * from, end * from));
    delta?.(values, at / columns, (end - at) / columns);
    assertFits(values, dtype, ref);
    target.set(fromFloat32(dtype, values), at * to);
  }
  return target;
}

function assertFits(values: Float32Array, dtype: WeightDtype, { name, file }: Pick<TensorRef, "name" | "file">): void {
  const limit = dtype === "F16" ? HALF_LIMIT : Infinity;
  const worst = values.find((value) => !(Math.abs(value) < limit));
  if (worst !== undefined)
    throw new DataError(`tensor "${name}" of ${basename(file)} would hold ${worst}, which ${dtype} cannot; merge with --dtype float32`, {
      file,
    });
}

function finite(ref: TensorRef): Float32Array {
  const values = toFloat32(ref.dtype as WeightDtype, readTensorBytes(ref));
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at !== -1)
    throw new DataError(`tensor "${ref.name}" holds ${values[at]} at element ${at}; weights must be finite`, { file: ref.file });
  return values;
}

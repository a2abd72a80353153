/** @file The first weights of a fresh Llama: every tensor is a pure function of the seed, its name and its shape. */
import { elementCount, type TensorToWrite } from "../weights/safetensors.ts";
import { fromFloat32 } from "../weights/dtypes.ts";
import { Rng } from "../util/rng.ts";
import type { Sizes } from "./sizes.ts";

export interface StartOptions {
  init: "hf" | "mean";
  seed: number;
  initializer_range: number;
  /** c of the mean start. */
  mean_scale: number;
}

/** Queries and keys this much smaller leave the scores of a layer flat, yet not at the saddle of exact zeros. */
const FLAT = 0.1;

/** Tensors of the given shapes; their bytes are drawn when they are written. */
export function* initialWeights(
  shapes: ReadonlyMap<string, readonly number[]>,
  sizes: Sizes,
  options: StartOptions,
): Generator<TensorToWrite> {
  for (const [name, shape] of shapes) {
    yield { name, dtype: "F32", shape, data: () => fromFloat32("F32", valuesOf({ name, shape, sizes, options })) };
  }
}

function valuesOf({
  name,
  shape,
  sizes,
  options,
}: {
  name: string;
  shape: readonly number[];
  sizes: Sizes;
  options: StartOptions;
}): Float32Array {
  if (name.endsWith("norm.weight")) return new Float32Array(elementCount(shape)).fill(1);
  const part = options.init === "mean" ? /^model\.layers\.0\.self_attn\.([qkvo])_proj\.weight$/.exec(name)?.[1] : undefined;
  if (part === "v" || part === "o") return averaging(part, sizes, options);
  const rng = Rng.of(options.seed, "init-model", name);
  const deviation = options.initializer_range * (part === undefined ? 1 : FLAT);
  const values = new Float32Array(elementCount(shape));
  for (let i = 0; i < values.length; i++) values[i] = deviation * rng.normal();
  return values;
}

/**
 * W_v = √c·R and W_o = √c·Rᵀ/groups with orthonormal rows R [kv heads · head_dim, hidden], so that W_o·W_v = c·RᵀR: c times the identity
 * when there are as many key heads as heads, else c times a projection. Under flat scores the layer then adds c times the mean of
 * the normalised token embeddings: a bag of words, which retrieves before anything is learned.
 */
function averaging(part: "v" | "o", sizes: Sizes, { mean_scale: scale, seed }: StartOptions): Float32Array {
  const { hidden_size: hidden, num_attention_heads: heads, num_key_value_heads: keyHeads } = sizes;
  const headSize = hidden / heads;
  const groups = heads / keyHeads;
  const rows = orthonormalRows(keyHeads * headSize, hidden, Rng.of(seed, "init-model", "mean"));
  const root = Math.sqrt(scale);
  if (part === "v") return Float32Array.from(rows.flatMap((row) => Array.from(row, (value) => root * value)));
  const out = new Float32Array(hidden * hidden);
  for (let column = 0; column < hidden; column++) {
    const group = Math.floor(column / headSize / groups);
    const row = rows[group * headSize + (column % headSize)]!;
    for (let i = 0; i < hidden; i++) out[i * hidden + column] = (root * row[i]!) / groups;
  }
  return out;
}

/** The identity when square; else Gram-Schmidt over normal draws. */
function orthonormalRows(count: number, size: number, rng: Rng): Float64Array[] {
  const rows: Float64Array[] = [];
  for (let i = 0; i < count; i++) {
    const row =
      count === size
        ? Float64Array.from({ length: size }, (_, j) => (i === j ? 1 : 0))
        : Float64Array.from({ length: size }, () => rng.normal());
    if (count < size) for (const other of rows) subtract(row, other, dot(row, other));
    const length = Math.sqrt(dot(row, row));
    rows.push(row.map((value) => value / length));
  }
  return rows;
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

function subtract(row: Float64Array, other: Float64Array, factor: number): void {
  for (let i = 0; i < row.length; i++) row[i]! -= factor * other[i]!;
}

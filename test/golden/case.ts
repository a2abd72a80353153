/** @file Reads a golden folder (what is in it: README.md) and measures distances to it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { toFloat32 } from "../../src/weights/dtypes.ts";
import { readSafetensorsHeader } from "../../src/weights/safetensors.ts";
import { packageRoot } from "../../src/util/package-root.ts";

export interface Span {
  start: number;
  length: number;
}
export interface GoldenSequence {
  ids: number[];
  emb: Span;
  response: Span | null;
}
export interface GoldenSample {
  G: GoldenSequence;
  P: GoldenSequence;
  R: GoldenSequence;
  X: GoldenSequence;
  N: GoldenSequence[];
}
export interface LossSettings {
  temperature: number;
  normalize: boolean;
  alpha: number;
  gen_weight: number;
  gen_rag_weight: number;
  gen_reduction: "sample" | "token";
  session_mask: boolean;
  hard_negatives: boolean;
  masked_passages: [number, number][];
  masked_responses: [number, number][];
}
export const LOSSES = ["L", "L_R", "L_G", "L_CII", "L_RAG"] as const;
export type LossName = (typeof LOSSES)[number];
export type Losses = Record<LossName, number>;
export type GoldenStep = Losses & { lr: number; grad_norm: number };

interface CaseFile {
  /** Relative: what float32 leaves of a loss of this size and depth. */
  loss_tolerance: number;
  /** Absolute, after ten steps of at most 1e-3: Adam divides by the size of a gradient, so an entry near zero moves by its rounding. */
  parameter_tolerance: number;
  samples: GoldenSample[];
  variants: Record<string, LossSettings>;
  losses: Record<string, Losses>;
  optimizer: { lr: number; betas: [number, number]; eps: number; weight_decay: number; clip: number; warmup: number; steps: number };
  full: { steps: GoldenStep[] };
  lora: { r: number; lora_alpha: number; losses: Losses; steps: GoldenStep[] };
  greedy: { prompts: number[][]; tokens: number[][]; margin: number };
}

export type Tensors = Map<string, Float32Array>;
export interface GoldenCase extends CaseFile {
  name: string;
  model: string;
  adapter: string;
  outputs: Tensors;
  gradients: Tensors;
  /** Parameters after the ten steps of full fine-tuning. */
  after: Tensors;
  lowRank: Tensors;
}

/** The committed cases, then those of the folder named by UNICONV_GOLDEN (made by generate/check_random.py). */
export function caseFolders(): string[] {
  const committed = join(packageRoot(), "test/golden");
  const extra = process.env["UNICONV_GOLDEN"];
  return [...foldersIn(committed), ...(extra ? [extra] : [])].flatMap(foldersIn).filter((folder) => existsSync(join(folder, "case.json")));
}

function foldersIn(root: string): string[] {
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.map((entry) => join(root, entry.name)).sort();
}

export async function readCase(folder: string): Promise<GoldenCase> {
  const file = JSON.parse(readFileSync(join(folder, "case.json"), "utf8")) as CaseFile;
  return {
    ...file,
    name: folder.split("/").slice(-2).join("/"),
    model: join(folder, "model"),
    adapter: join(folder, "adapter"),
    outputs: await readTensors(join(folder, "outputs.safetensors")),
    gradients: await readTensors(join(folder, "gradients.safetensors")),
    after: await readTensors(join(folder, "after.safetensors")),
    lowRank: await readTensors(join(folder, "lora.safetensors")),
  };
}

export async function readTensors(path: string): Promise<Tensors> {
  const { tensors } = await readSafetensorsHeader(path);
  const bytes = readFileSync(path);
  return new Map([...tensors].map(([name, { begin, end }]) => [name, toFloat32("F32", bytes.subarray(begin, end))]));
}

/** The tensors whose names start with `prefix/`, without it. */
export function under(tensors: Tensors, prefix: string): Tensors {
  const start = `${prefix}/`;
  return new Map([...tensors].flatMap(([name, data]) => (name.startsWith(start) ? [[name.slice(start.length), data] as const] : [])));
}

/** Largest difference of two equally long arrays; NaN anywhere is NaN. */
export function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) throw new Error(`${actual.length} numbers, the golden file has ${expected.length}`);
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const d = Math.abs(actual[i]! - expected[i]!);
    if (!(d <= worst)) worst = d;
  }
  return worst;
}

/** Root of the mean squared difference. */
export function rmsDistance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < expected.length; i++) sum += (actual[i]! - expected[i]!) ** 2;
  return Math.sqrt(sum / expected.length);
}

/** The largest difference as a share of the golden tensor's largest entry. */
export function relativeDistance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(expected[i]!));
  return distance(actual, expected) / Math.max(largest, 1e-12);
}

/** The worst relative distance over all tensors, with the name that has it; both sides must name the same tensors. */
export function worstTensor(actual: ReadonlyMap<string, ArrayLike<number>>, expected: Tensors): { name: string; error: number } {
  const missing = [...expected.keys()].filter((name) => !actual.has(name));
  const extra = [...actual.keys()].filter((name) => !expected.has(name));
  if (missing.length + extra.length > 0)
    throw new Error(`missing: ${missing.join(", ") || "none"}; not in the golden file: ${extra.join(", ") || "none"}`);
  let worst = { name: "", error: -1 };
  for (const [name, tensor] of expected) {
    const error = relativeDistance(actual.get(name)!, tensor);
    if (!(error <= worst.error)) worst = { name, error };
  }
  return worst;
}

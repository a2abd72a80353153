/** @file What identifies a model: sha256 over config, tokenizer and every weight file, base and adapter apart. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { inputError } from "../util/io-errors.ts";
import { stringify } from "../util/json.ts";
import { ADAPTER_CONFIG, ADAPTER_WEIGHTS, basePathOf } from "./adapter.ts";
import { assertModelDirectory } from "./model-directory.ts";
import { exists, readJsonObjectFile, weightFiles } from "./checkpoint.ts";

export interface ModelFingerprint {
  /** Of the whole: equal only where every file that decides an output is equal. */
  fingerprint: string;
  tokenizer: string;
  base: string;
  adapter: string | undefined;
}

const TOKENIZER_FILES = ["tokenizer.json", "tokenizer_config.json", "chat_template.jinja"];
const MODEL_FILES = ["config.json", "generation_config.json"];

/**
 * `dir` is a checkpoint, or a PEFT adapter beside (or pointing to) its base, which `baseModel` overrides. Where neither has
 * weights: `DataError`.
 */
export async function modelFingerprint(dir: string, { baseModel }: { baseModel?: string | undefined } = {}): Promise<ModelFingerprint> {
  assertModelDirectory(dir, "--model");
  const adapted = await exists(join(dir, ADAPTER_CONFIG));
  const baseDir = adapted ? (baseModel ?? (await basePathOf(dir))) : dir;
  const tokenizerDir = (await exists(join(dir, "tokenizer.json"))) ? dir : baseDir;
  const tokenizer = await combine(tokenizerDir, TOKENIZER_FILES);
  const base = await combine(baseDir, [...MODEL_FILES, ...(await weightFiles(baseDir))]);
  const adapter = adapted ? await adapterFingerprint(dir) : undefined;
  return { fingerprint: digest([base, tokenizer, adapter ?? ""]), tokenizer, base, adapter };
}

/** Where the base lies and which library wrote the adapter change nothing of what it computes. */
async function adapterFingerprint(dir: string): Promise<string> {
  const { base_model_name_or_path: _path, peft_version: _version, ...config } = await readJsonObjectFile(join(dir, ADAPTER_CONFIG));
  const sorted = Object.fromEntries(Object.entries(config).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return digest([stringify(sorted), await fileHash(join(dir, ADAPTER_WEIGHTS))]);
}

async function combine(dir: string, files: readonly string[]): Promise<string> {
  const parts: string[] = [];
  for (const name of files) {
    const path = join(dir, name);
    if (await exists(path)) parts.push(name, await fileHash(path));
  }
  return digest(parts);
}

const known = new Map<string, string>();

/** Kept for as long as size, time of change and inode stay: an artifact is replaced by renaming, never rewritten. */
async function fileHash(path: string): Promise<string> {
  try {
    const { size, mtimeNs, ino } = await stat(path, { bigint: true });
    const key = `${resolve(path)}\0${size}\0${mtimeNs}\0${ino}`;
    const cached = known.get(key);
    if (cached !== undefined) return cached;
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
    const sum = hash.digest("hex");
    known.set(key, sum);
    return sum;
  } catch (error) {
    throw inputError(error, path);
  }
}

function digest(parts: readonly string[]): string {
  return createHash("sha256").update(parts.join("\n")).digest("hex");
}

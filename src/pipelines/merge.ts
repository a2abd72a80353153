/** @file `uniconv merge`: an adapter and its base become one ordinary checkpoint. */
import { copyFileSync, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { assertAdapterFits, assertAdapterWhole } from "../models/adapter-fit.ts";
import { modelFromConfig } from "../models/loader.ts";
import type { MergeOptions } from "../schema/options/merge.ts";
import { SETTINGS_FILE } from "../schema/settings.ts";
import { PROMPT_FILE } from "../text/from-settings.ts";
import { writeArtifact, type Written } from "../util/artifact.ts";
import { Interrupted, UsageError } from "../util/errors.ts";
import { writeFileAtomic } from "../util/files.ts";
import { attempt } from "../util/io-errors.ts";
import type { StageContext } from "../util/reporter.ts";
import { ADAPTER_CONFIG, ADAPTER_WEIGHTS } from "../weights/adapter.ts";
import { assertAdapterBase } from "../weights/adapter-base.ts";
import { modelFingerprint } from "../weights/fingerprint.ts";
import { writeMerged } from "../weights/merge.ts";
import { type ModelFiles, openModelFiles } from "../weights/model-files.ts";
import { COMPANION_FILES } from "../weights/model-directory.ts";

const DTYPES = { float32: "F32", bfloat16: "BF16", float16: "F16" } as const;

export async function merge(
  options: MergeOptions,
  { reporter, signal }: StageContext,
): Promise<Written<{ tensors: number; merged: number }>> {
  const { model: dir, base_model: baseModel, dtype } = options;
  const files = await openModelFiles(dir, { baseModel });
  const { adapter } = files;
  if (adapter === null) throw new UsageError(`--model ${dir} has no ${ADAPTER_CONFIG}: it is no adapter, there is nothing to merge`);
  const base = dirname(files.configFile);
  const model = await modelFromConfig(files.config, files.configFile);
  assertAdapterFits(model, adapter, { names: adapter.names(), file: adapter.file });
  assertAdapterWhole(model, adapter, { base });
  await assertAdapterBase(dir, base);
  const { fingerprint, tokenizer } = await modelFingerprint(dir, { baseModel });
  const spec = {
    output: options.output,
    kind: "model" as const,
    command: "merge",
    options: { ...options },
    seed: 0,
    inputs: [join(dir, ADAPTER_CONFIG), join(dir, ADAPTER_WEIGHTS)],
    model: { fingerprint, tokenizer },
    resume: options.resume,
    overwrite: options.overwrite,
  };
  return writeArtifact(spec, async (draft) => {
    const onTensor = (done: number, total: number) => {
      if (signal.aborted) throw new Interrupted(`stopped after ${done} of ${total} tensors; continue with --resume`);
      reporter.progress({ label: "merge", done, total, unit: "tensors" });
    };
    const counts = await writeMerged({ base, dir: draft.dir, adapter, dtype: dtype === undefined ? null : DTYPES[dtype], onTensor });
    writeFileAtomic(join(draft.dir, "config.json"), `${JSON.stringify(configFor(files, dtype), null, 2)}\n`);
    copyRest(draft.dir, { dir, base, tokenizerDir: files.tokenizerDir });
    Object.assign(draft.stats, counts);
    return counts;
  });
}

/** The base's config, with the new type under the key it has for it. */
function configFor({ config }: ModelFiles, dtype: string | undefined): Record<string, unknown> {
  if (dtype === undefined) return config;
  const { torch_dtype: old, ...rest } = config;
  return old === undefined ? { ...rest, dtype } : { ...config, torch_dtype: dtype };
}

/** Tokenizer, generation settings, sequence settings and prompt: the adapter's where it has them, else the base's. */
function copyRest(to: string, { dir, base, tokenizerDir }: { dir: string; base: string; tokenizerDir: string }): void {
  const copy = (name: string, folders: readonly string[]) => {
    const from = folders.find((folder) => existsSync(join(folder, name)));
    if (from !== undefined) attempt(join(to, name), "write", () => copyFileSync(join(from, name), join(to, name)));
  };
  for (const name of COMPANION_FILES) copy(name, [tokenizerDir]);
  for (const name of ["generation_config.json", SETTINGS_FILE, PROMPT_FILE]) copy(name, [dir, base]);
}

/** @file Whether an adapter of ours was trained on the base it is put on: its manifest says on which. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { MANIFEST, readManifest } from "../util/artifact-open.ts";
import { DataError } from "../util/errors.ts";
import { modelFingerprint } from "./fingerprint.ts";

/** Throws `DataError` where the manifest beside the adapter names other weights; adapters of other makers have none. */
export async function assertAdapterBase(dir: string, base: string): Promise<void> {
  if (!existsSync(join(dir, MANIFEST))) return;
  const { command, model } = readManifest(dir);
  if (command !== "train" || model === undefined || model.fingerprint === (await modelFingerprint(base)).fingerprint) return;
  throw new DataError(
    `says that the adapter was trained on other weights, configuration or tokenizer than those of ${base}; give the base it was made for`,
    { file: join(dir, MANIFEST) },
  );
}

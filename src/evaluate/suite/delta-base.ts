/** @file `--delta-from` with `--suite`: a system of it, or the folder of an earlier one, dataset by dataset. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { EvaluateOptions } from "../../schema/options/evaluate.ts";
import { openArtifact } from "../../util/artifact.ts";
import { UsageError } from "../../util/errors.ts";
import { refusePartial } from "../partial.ts";
import { SUMMARY } from "./write-suite.ts";

/** What the dataset of a name is told; undefined where the base has nothing of it. `systems`: those with a file there. */
export type DeltaBase = (dataset: string, systems: readonly string[]) => string | undefined;

/** Throws `UsageError` where BASE is neither. */
export async function deltaBase({ delta_from, allow_partial }: EvaluateOptions, systems: readonly string[]): Promise<DeltaBase> {
  if (delta_from === undefined) return () => undefined;
  if (systems.includes(delta_from)) return (_, there) => (there.includes(delta_from) ? delta_from : undefined);
  if (!existsSync(join(delta_from, SUMMARY)))
    throw new UsageError(
      `--delta-from ${delta_from}: expected a system (${systems.join(", ")}) or a folder of evaluate --suite --output, which holds ${SUMMARY}`,
    );
  const artifact = await openArtifact(delta_from, "suite");
  refusePartial([{ path: delta_from, partial: artifact.manifest.partial }], { by: "--delta-from", allowed: allow_partial });
  return (dataset) => {
    const file = join(dataset, "metrics.json");
    return artifact.has(file) ? artifact.path(file) : undefined;
  };
}

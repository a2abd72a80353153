/** @file An evaluation read back: metrics.json, and the scores per turn beside it. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { MetricsFile } from "../../schema/metrics-file.ts";
import { ScoreLine } from "../../schema/records.ts";
import { openArtifact } from "../../util/artifact.ts";
import { DataError } from "../../util/errors.ts";
import { readJson } from "../../util/files.ts";
import { explain, readJsonl } from "../../util/jsonl.ts";
import { isDirectory } from "../../util/run-file.ts";

export interface StoredEvaluation {
  path: string;
  metrics: MetricsFile;
  /** system → metric → turn → score; undefined without scores.jsonl. */
  scores: Map<string, Map<string, Map<string, number>>> | undefined;
  partial: boolean;
}

/** `path`: a folder of `evaluate --output`, or a metrics.json. */
export async function readEvaluation(path: string): Promise<StoredEvaluation> {
  const artifact = isDirectory(path) ? await openArtifact(path, "evaluation") : undefined;
  const file = artifact?.path("metrics.json") ?? path;
  const beside = join(dirname(file), "scores.jsonl");
  const scores = artifact?.path("scores.jsonl") ?? (existsSync(beside) ? beside : undefined);
  const stored = await readStored({ file, scores });
  return { ...stored, path, partial: stored.partial || artifact?.manifest.partial === true };
}

/** The files of an evaluation, wherever they lie. */
export async function readStored({ file, scores }: { file: string; scores: string | undefined }): Promise<Omit<StoredEvaluation, "path">> {
  const result = MetricsFile.safeParse(readJson(file));
  if (!result.success) throw new DataError(`is no metrics.json of uniconv: ${explain(result.error.issues)}`, { file });
  const { data: metrics } = result;
  return { metrics, scores: scores === undefined ? undefined : await readScores(scores), partial: metrics.partial ?? false };
}

/** The metrics of a system in `results`, where the ends of intervals stand beside them. */
export const metricsIn = (scores: MetricsFile["results"][string]): string[] =>
  Object.keys(scores).filter((label) => !/_ci95_(low|high)$/.test(label));

/** The row that evaluate adds itself; undefined where there is none. */
export function leadOf({ config, results }: MetricsFile): string | undefined {
  if (config["lead"] === undefined) return undefined;
  return "lead (baseline)" in results ? "lead (baseline)" : "lead";
}

async function readScores(file: string): Promise<NonNullable<StoredEvaluation["scores"]>> {
  const scores: NonNullable<StoredEvaluation["scores"]> = new Map();
  for await (const { system, metric, turn, score } of readJsonl(file, ScoreLine, { allowEmpty: true }))
    entry(entry(scores, system), metric).set(turn, score);
  return scores;
}

function entry<K, V>(map: Map<K, Map<string, V>>, key: K): Map<string, V> {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = new Map<string, V>()));
  return value;
}

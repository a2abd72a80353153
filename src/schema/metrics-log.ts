/** @file metrics.jsonl of a model: a line per logged update of its training, and one per evaluation of it. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { MANIFEST, openArtifact } from "../util/artifact-open.ts";
import { DataError } from "../util/errors.ts";
import { inputError } from "../util/io-errors.ts";
import { readJsonl } from "../util/jsonl.ts";
import { isDirectory } from "../util/run-file.ts";

export const METRICS_FILE = "metrics.jsonl";
/** What the figures of an evaluation begin with, as in transformers' logs. */
export const EVAL = "eval_";

/** Losses, rates and norms by name. */
export const MetricsLine = z.object({ update: z.int().min(0) }).catchall(z.number());
export type MetricsLine = z.infer<typeof MetricsLine>;

export const isEvaluation = (line: Readonly<Record<string, number>>): boolean => Object.keys(line).some((name) => name.startsWith(EVAL));

export interface TrainingLog {
  file: string;
  lines: MetricsLine[];
}

/**
 * `path`: a model directory of `train`, what an interrupted run left (`DIR.partial`), or a metrics.jsonl. Throws `DataError` with file and
 * line; only a last line that a kill cut short, in a log without a seal, is left out, and `warn` told.
 */
export async function readTrainingLog(path: string, warn: (message: string) => void): Promise<TrainingLog> {
  const sealed = isDirectory(path) && !existsSync(join(path, "draft.json")) && existsSync(join(path, MANIFEST));
  const file = sealed ? (await openArtifact(path, "model")).path(METRICS_FILE) : isDirectory(path) ? join(path, METRICS_FILE) : path;
  if (isDirectory(path) && !existsSync(file)) throw new DataError(`has no ${METRICS_FILE}: nothing was trained there yet`, { file: path });
  if (!isDirectory(path) && !existsSync(path) && existsSync(`${path}.partial`))
    throw new DataError(`no such directory; ${path}.partial is there, an unfinished run: finish it with --resume, or draw what it has`, {
      file: path,
    });
  const lines: MetricsLine[] = [];
  const torn = sealed ? undefined : tornLine(file);
  try {
    const unique = (line: MetricsLine): string => `update ${line.update}, ${isEvaluation(line) ? "evaluation" : "training"}`;
    for await (const line of readJsonl(file, MetricsLine, { unique, warn })) lines.push(line);
  } catch (error) {
    if (!(error instanceof DataError) || error.line === undefined || error.line !== torn || lines.length === 0) throw error;
    warn(`${file}:${torn}: the file ends inside this line, it is left out`);
  }
  return { file, lines };
}

/** The number of a last line without its end. */
function tornLine(file: string): number | undefined {
  try {
    const text = readFileSync(file, "utf8");
    return text === "" || text.endsWith("\n") ? undefined : text.split("\n").length;
  } catch (error) {
    throw inputError(error, file);
  }
}

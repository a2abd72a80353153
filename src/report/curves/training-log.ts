/** @file The metrics.jsonl of a training read back, also of one that still runs or was cut short. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isEvaluation, METRICS_FILE, MetricsLine } from "../../schema/metrics-log.ts";
import { MANIFEST, openArtifact } from "../../util/artifact-open.ts";
import { DataError } from "../../util/errors.ts";
import { inputError } from "../../util/io-errors.ts";
import { readJsonl } from "../../util/jsonl.ts";
import { isDirectory } from "../../util/run-file.ts";

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

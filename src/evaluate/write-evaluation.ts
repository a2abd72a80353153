/** @file The artifact of an evaluation: metrics.json, scores.jsonl and report.md. */
import { join } from "node:path";
import { evaluationReport } from "../report/evaluation-report.ts";
import type { EvaluateOptions } from "../schema/options/evaluate.ts";
import { fileEntry } from "../util/artifact-work.ts";
import { writeArtifact } from "../util/artifact.ts";
import { writeFileDurable } from "../util/files.ts";
import type { Evaluated } from "./evaluation.ts";
import { type Inputs, isPartial } from "./inputs/inputs.ts";
import { writeMetrics, writeScores } from "./output.ts";

/** Path and hash of every file an evaluation read. */
export const inputEntries = ({ files }: Inputs) => [...files].map((path) => fileEntry(path, path));

export async function writeEvaluation(
  output: string,
  options: EvaluateOptions,
  { inputs, evaluation, rows }: Evaluated,
): Promise<{ dir: string; status: "done" | "written" }> {
  const entries = inputEntries(inputs);
  const { dir, status } = await writeArtifact(
    {
      output,
      kind: "evaluation",
      command: "evaluate",
      options,
      seed: options.seed,
      inputs: entries,
      partial: isPartial(inputs),
      resume: options.resume,
      overwrite: options.overwrite,
    },
    ({ dir: folder }) => writeEvaluationFiles(folder, { evaluation, rows, entries }),
  );
  return { dir, status };
}

export async function writeEvaluationFiles(
  dir: string,
  { evaluation, rows, entries }: Pick<Evaluated, "evaluation" | "rows"> & { entries: ReturnType<typeof inputEntries> },
): Promise<void> {
  writeMetrics(dir, evaluation);
  await writeScores(
    dir,
    rows.map(({ row, scored }) => ({ name: row.name, scored })),
  );
  writeFileDurable(join(dir, "report.md"), evaluationReport(evaluation, entries));
}

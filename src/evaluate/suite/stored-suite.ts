/** @file A suite read back: which datasets it evaluated, and the evaluation of each. */
import { join } from "node:path";
import { SuiteSummary } from "../../schema/suite.ts";
import { type Artifact, openArtifact } from "../../util/artifact.ts";
import { DataError } from "../../util/errors.ts";
import { readText } from "../../util/files.ts";
import { parseJson } from "../../util/json.ts";
import { explain } from "../../util/jsonl.ts";
import { readStored, type StoredEvaluation } from "../stored/stored.ts";
import { SUMMARY } from "./write-suite.ts";

export interface SuiteFolder {
  path: string;
  partial: boolean;
  /** The datasets that were evaluated. */
  names: string[];
  artifact: Artifact;
}

export async function readSuiteFolder(path: string): Promise<SuiteFolder> {
  const artifact = await openArtifact(path, "suite");
  const file = artifact.path(SUMMARY);
  const result = SuiteSummary.safeParse(parseJson(readText(file), { file }));
  if (!result.success) throw new DataError(`is no suite.json of uniconv: ${explain(result.error.issues)}`, { file });
  const names = result.data.datasets.filter(({ missing }) => missing === undefined).map(({ name }) => name);
  return { path, partial: artifact.manifest.partial, names, artifact };
}

export async function datasetOf({ path, artifact }: SuiteFolder, name: string): Promise<StoredEvaluation> {
  const stored = await readStored({ file: artifact.path(join(name, "metrics.json")), scores: artifact.path(join(name, "scores.jsonl")) });
  return { ...stored, path: join(path, name) };
}

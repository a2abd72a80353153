/** @file `uniconv validate`: every problem of an artifact, of single files, or of a dataset's own files, each with its place. */
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { modelFromConfig } from "../models/loader.ts";
import type { FileKind, ValidateOptions } from "../schema/options/validate.ts";
import { checkWeight, openCheckpoint } from "../weights/checkpoint.ts";
import { MANIFEST, readManifest, verifyFiles } from "../util/artifact-open.ts";
import { DataError, UsageError } from "../util/errors.ts";
import { pause } from "../util/interrupt.ts";
import type { StageContext } from "../util/reporter.ts";
import { isDirectory } from "../util/run-file.ts";
import { withStandardInput } from "../util/standard-input.ts";
import { type Checked, checkDataset, type Listener } from "./validate-dataset.ts";
import { checkFile, fileKinds } from "./validate-file.ts";

export interface ValidateResult {
  checked: Checked[];
  /** The first `max_problems`, with file and line. */
  problems: string[];
  /** How many there are in all. */
  found: number;
}

export async function validate(options: ValidateOptions, context: StageContext): Promise<ValidateResult> {
  const { paths, collection, qrels, dataset } = options;
  const result: ValidateResult = { checked: [], problems: [], found: 0 };
  const report = (problem: string): void => {
    if (result.found++ < options.max_problems) result.problems.push(problem);
  };
  if (paths.length + collection.length + qrels.length === 0) throw new UsageError("nothing to check: name files or folders");
  if (dataset === undefined && collection.length + qrels.length > 0)
    throw new UsageError("--collection and --qrels are files of a dataset: name it with --dataset");
  for (const path of [...paths, ...collection, ...qrels])
    if (path !== "-" && !existsSync(path)) throw new DataError("no such file or directory", { file: path });
  const { signal } = context;
  const listener = { report, warn: context.reporter.warn, signal };
  if (dataset !== undefined) {
    const named = [...paths, ...collection, ...qrels];
    return withStandardInput({ paths: named, signal: context.signal }, async (fileOf) => {
      const [input, passages, judgements] = [paths, collection, qrels].map((files) => files.map(fileOf)) as [string[], string[], string[]];
      const checked = await checkDataset({ dataset, input, collection: passages, qrels: judgements }, listener);
      result.checked.push(...checked.map((one) => ({ ...one, path: named.join(" ") })));
      return result;
    });
  }
  for (const path of paths) {
    if (isDirectory(path)) result.checked.push(...(await folder(path, listener)));
    else result.checked.push(await file(path, options.as, listener));
    await pause(signal, "while files were checked");
  }
  return result;
}

async function file(path: string, as: FileKind | undefined, { report, warn }: Listener): Promise<Checked> {
  const kind = as ?? fileKinds[basename(path).replace(/\.gz$/, "")] ?? (/\.trec(\.gz)?$/.test(path) ? "run" : undefined);
  if (kind === undefined) {
    throw new UsageError(
      `${path}: its name does not say what it is (${Object.keys(fileKinds).join(", ")}, *.trec); give --as or --dataset`,
    );
  }
  try {
    return { path, as: kind, records: await checkFile({ path, kind }, { warn, problem: ({ message }) => report(message) }) };
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    report(`${error.message} (reading stopped there)`);
    return { path, as: kind };
  }
}

/** An artifact with its seal, or a checkpoint directory of somebody else. */
async function folder(dir: string, listener: Listener): Promise<Checked[]> {
  const { report } = listener;
  if (!existsSync(join(dir, MANIFEST))) {
    if (existsSync(join(dir, "config.json"))) return [await checkpoint(dir, report)];
    throw new DataError(
      `is neither an artifact of uniconv (no ${MANIFEST}) nor a checkpoint (no config.json); name its files, or give --dataset`,
      {
        file: dir,
      },
    );
  }
  const checked: Checked[] = [];
  try {
    const manifest = readManifest(dir);
    checked.push({ path: dir, as: manifest.format });
    for (const entry of manifest.files) {
      const before = checked.length;
      caught(report, () => verifyFiles(dir, { ...manifest, files: [entry] }));
      const kind = fileKinds[basename(entry.path)];
      if (kind === undefined || !existsSync(join(dir, entry.path))) continue;
      checked.push(await file(join(dir, entry.path), kind, listener));
      const { records } = checked[before]!;
      if (entry.rows !== undefined && records !== undefined && records !== entry.rows)
        report(`${join(dir, entry.path)}: has ${records} good records, its manifest says ${entry.rows}`);
    }
    if (manifest.format.startsWith("uniconv/model@") && existsSync(join(dir, "config.json"))) checked.push(await checkpoint(dir, report));
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    report(error.message);
  }
  return checked;
}

/** Headers of the weights, the configuration, and that the two fit. */
async function checkpoint(dir: string, report: Listener["report"]): Promise<Checked> {
  try {
    const base = await openCheckpoint(dir);
    const model = await modelFromConfig(base.config, join(dir, "config.json"));
    for (const [name, shape] of model.weights()) caught(report, () => checkWeight(base, name, shape));
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    report(error.message);
  }
  return { path: dir, as: "checkpoint" };
}

function caught(report: Listener["report"], check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    report(error.message);
  }
}

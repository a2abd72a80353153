/** @file `uniconv report figures`: the figures of stored evaluations, over each other or dataset by dataset. */
import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { drawAll, writeDrawings } from "../report/figures/draw.ts";
import { figuresOf, figuresOfDatasets } from "../report/figures/figures.ts";
import type { Dataset } from "../report/figures/scores.ts";
import type { FigureSource } from "../report/figures/source.ts";
import type { ReportOptions } from "../schema/options/report.ts";
import { writeArtifact } from "../util/artifact.ts";
import { DataError, UsageError } from "../util/errors.ts";
import { distinctlyNamed, lastParts, type NamedPath } from "../util/named-path.ts";
import type { StageContext } from "../util/reporter.ts";
import { isDirectory } from "../util/run-file.ts";
import { readEvaluation, type StoredEvaluation } from "./stored/stored.ts";
import { type Named, storedSource } from "./stored/stored-source.ts";
import { datasetOf, readSuiteFolder } from "./suite/stored-suite.ts";
import { SUMMARY } from "./suite/write-suite.ts";

export interface FiguresResult {
  status: "done" | "written";
  dir: string;
  figures: { name: string; title: string }[];
}

export async function reportFigures(options: ReportOptions, { reporter }: StageContext): Promise<FiguresResult> {
  const { evaluations, datasets } = await read(options);
  const sources: Dataset[] = [];
  for (const { title, of } of datasets) sources.push({ title, source: await storedSource(of, options.baseline) });
  refuseUnknown(sources, options.metric);
  const shown = sources.map(({ title, source }) => ({ title, source: only(source, options.metric) }));
  const [single] = shown;
  const figures = shown.length === 1 && single!.title === "" ? figuresOf(single!.source) : figuresOfDatasets(shown);
  if (figures.length === 0) throw new DataError("no system has a score: there is nothing to draw", { file: options.paths[0] });
  for (const { path, scores } of evaluations)
    if (scores === undefined) reporter.warn(`${path}: there is no scores.jsonl beside it; what needs scores per turn is not drawn`);
  const { status, dir } = await writeArtifact(
    {
      output: options.output,
      kind: "report",
      command: "report",
      options,
      seed: 0,
      inputs: evaluations.flatMap(({ path, scores }) => filesOf(path, scores !== undefined)),
      partial: evaluations.some(({ partial }) => partial),
      resume: options.resume,
      overwrite: options.overwrite,
    },
    async (draft) => writeDrawings(draft.dir, await drawAll(figures)),
  );
  return { status, dir, figures: figures.map(({ name, title }) => ({ name, title })) };
}

interface Read {
  evaluations: StoredEvaluation[];
  /** The title is empty where there is one dataset without a name. */
  datasets: { title: string; of: Named[] }[];
}

async function read(options: ReportOptions): Promise<Read> {
  const inputs = distinctlyNamed(options.paths, { tell: telling, what: "evaluations", as: "NAME=PATH" });
  const suites = inputs.filter(({ path }) => existsSync(join(path, SUMMARY)));
  if (suites.length > 0) return readSuites(inputs, suites.length);
  const all: Named[] = [];
  for (const { name, path } of inputs) all.push({ name, evaluation: await readEvaluation(path) });
  const evaluations = all.map(({ evaluation }) => evaluation);
  const apart = severalOf(options, evaluations) === "datasets";
  return { evaluations, datasets: apart ? all.map((one) => ({ title: one.name, of: [one] })) : [{ title: "", of: all }] };
}

/** Suites have their datasets by name. */
async function readSuites(inputs: readonly NamedPath[], suites: number): Promise<Read> {
  if (suites < inputs.length) {
    const other = inputs.find(({ path }) => !existsSync(join(path, SUMMARY)))!;
    throw new DataError("is no suite, as others are; draw it by itself, or give DATASET folders of the suites", { file: other.path });
  }
  const folders = await Promise.all(inputs.map(async ({ name, path }) => ({ name, folder: await readSuiteFolder(path) })));
  const names = [...new Set(folders.flatMap(({ folder }) => folder.names))];
  const datasets = await Promise.all(
    names.map(async (title) => {
      const having = folders.filter(({ folder }) => folder.names.includes(title));
      const of = having.map(async ({ name, folder }) => ({
        name,
        evaluation: await datasetOf(folder, title),
      }));
      return { title, of: await Promise.all(of) };
    }),
  );
  return { evaluations: datasets.flatMap(({ of }) => of.map(({ evaluation }) => evaluation)), datasets };
}

/** An evaluation goes by its folder. */
function telling(path: string, parts: number): string {
  const full = resolve(path);
  return lastParts(basename(full) === "metrics.json" ? dirname(full) : full.replace(/\.json$/, ""), parts);
}

/** Evaluations that share no turn are of different datasets; without scores per turn they are taken for systems. */
function severalOf({ several }: ReportOptions, evaluations: readonly StoredEvaluation[]): "systems" | "datasets" {
  if (evaluations.length < 2) return "systems";
  if (several !== undefined) return several;
  const turns = evaluations.map(
    ({ scores }) => new Set([...(scores?.values() ?? [])].flatMap((metrics) => [...metrics.values()].flatMap((one) => [...one.keys()]))),
  );
  const shares = turns.some((one, i) => turns.slice(i + 1).some((other) => [...one].some((turn) => other.has(turn))));
  return shares || turns.some(({ size }) => size === 0) ? "systems" : "datasets";
}

/** Throws `UsageError` where no evaluation has a metric. */
function refuseUnknown(datasets: readonly Dataset[], metrics: readonly string[]): void {
  const known = [...new Set(datasets.flatMap(({ source }) => source.metrics.map(({ label }) => label)))];
  const missing = metrics.find((metric) => !known.includes(metric));
  if (missing !== undefined) throw new UsageError(`--metric ${missing}: the evaluation has ${known.join(", ")}`);
}

function only(source: FigureSource, metrics: readonly string[]): FigureSource {
  if (metrics.length === 0) return source;
  return {
    ...source,
    metrics: metrics.flatMap((metric) => source.metrics.find(({ label }) => label === metric) ?? []),
    breakdowns: source.breakdowns.map(({ by, groups }) => ({
      by,
      groups: groups.map((group) => ({ ...group, cells: group.cells.filter(({ metric }) => metrics.includes(metric)) })),
    })),
    consistency: source.consistency.filter(({ retrieval, answer }) => metrics.includes(retrieval) && metrics.includes(answer)),
  };
}

function filesOf(path: string, scored: boolean): string[] {
  const file = isDirectory(path) ? join(path, "metrics.json") : path;
  return scored ? [file, join(dirname(file), "scores.jsonl")] : [file];
}

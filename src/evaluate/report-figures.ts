/** @file `uniconv report figures`: the figures of stored evaluations, over each other or dataset by dataset. */
import { basename, dirname, join, resolve } from "node:path";
import { drawAll, writeDrawings } from "../report/figures/draw.ts";
import { figuresOf, figuresOfDatasets } from "../report/figures/figures.ts";
import type { FigureSource } from "../report/figures/source.ts";
import type { ReportOptions } from "../schema/options/report.ts";
import { writeArtifact } from "../util/artifact.ts";
import { DataError, UsageError } from "../util/errors.ts";
import { namedPaths } from "../util/named-path.ts";
import type { StageContext } from "../util/reporter.ts";
import { isDirectory } from "../util/run-file.ts";
import { readEvaluation } from "./stored.ts";
import { type Named, storedSource } from "./stored-source.ts";

export interface FiguresResult {
  status: "done" | "written";
  dir: string;
  figures: { name: string; title: string }[];
}

export async function reportFigures(options: ReportOptions, { reporter }: StageContext): Promise<FiguresResult> {
  const evaluations: Named[] = [];
  for (const { name, path } of named(options.paths)) evaluations.push({ name, evaluation: await readEvaluation(path) });
  const figures =
    severalOf(options, evaluations) === "datasets"
      ? figuresOfDatasets(
          await Promise.all(
            evaluations.map(async (one) => ({
              title: one.name,
              source: only(await storedSource([one], options.baseline), options.metric),
            })),
          ),
        )
      : figuresOf(only(await storedSource(evaluations, options.baseline), options.metric));
  if (figures.length === 0) throw new DataError("no system has a score: there is nothing to draw", { file: options.paths[0] });
  for (const { evaluation } of evaluations)
    if (evaluation.scores === undefined)
      reporter.warn(`${evaluation.path}: there is no scores.jsonl beside it; what needs scores per turn is not drawn`);
  const { status, dir } = await writeArtifact(
    {
      output: options.output,
      kind: "report",
      command: "report",
      options,
      seed: 0,
      inputs: evaluations.flatMap(({ evaluation: { path, scores } }) => filesOf(path, scores !== undefined)),
      partial: evaluations.some(({ evaluation }) => evaluation.partial),
      resume: options.resume,
      overwrite: options.overwrite,
    },
    async (draft) => writeDrawings(draft.dir, await drawAll(figures)),
  );
  return { status, dir, figures: figures.map(({ name, title }) => ({ name, title })) };
}

function named(inputs: readonly string[]) {
  const all = namedPaths(inputs, lastParts);
  const twin = all.find(({ name }, i) => all.findIndex((other) => other.name === name) !== i);
  if (twin !== undefined) throw new UsageError(`two evaluations are named "${twin.name}"; give each a name of its own: NAME=PATH`);
  return all;
}

/** An evaluation goes by its folder. */
function lastParts(path: string, parts: number): string {
  const full = resolve(path);
  const folder = basename(full) === "metrics.json" ? dirname(full) : full.replace(/\.json$/, "");
  return folder.split("/").slice(-parts).join("/");
}

/** Evaluations that share no turn are of different datasets; without scores per turn they are taken for systems. */
function severalOf({ several }: ReportOptions, evaluations: readonly Named[]): "systems" | "datasets" {
  if (evaluations.length < 2) return "systems";
  if (several !== undefined) return several;
  const turns = evaluations.map(
    ({ evaluation: { scores } }) =>
      new Set([...(scores?.values() ?? [])].flatMap((metrics) => [...metrics.values()].flatMap((one) => [...one.keys()]))),
  );
  const shares = turns.some((one, i) => turns.slice(i + 1).some((other) => [...one].some((turn) => other.has(turn))));
  return shares || turns.some(({ size }) => size === 0) ? "systems" : "datasets";
}

/** Throws `UsageError` where no evaluation has a metric. */
function only(source: FigureSource, metrics: readonly string[]): FigureSource {
  if (metrics.length === 0) return source;
  const missing = metrics.find((metric) => !source.metrics.some(({ label }) => label === metric));
  if (missing !== undefined)
    throw new UsageError(`--metric ${missing}: the evaluation has ${source.metrics.map(({ label }) => label).join(", ")}`);
  return {
    ...source,
    metrics: metrics.map((metric) => source.metrics.find(({ label }) => label === metric)!),
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

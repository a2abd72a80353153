/** @file `uniconv report curves`: metrics.jsonl of several trainings, averaged over the runs of each name. */
import { basename, dirname, join, resolve } from "node:path";
import { METRICS_FILE } from "../../schema/metrics-log.ts";
import type { ReportOptions } from "../../schema/options/report.ts";
import { writeArtifact } from "../../util/artifact.ts";
import { writeFileDurable } from "../../util/files.ts";
import { lastParts, namedPaths } from "../../util/named-path.ts";
import type { StageContext } from "../../util/reporter.ts";
import { drawAll, writeDrawings } from "../figures/draw.ts";
import { trainingFigure } from "../figures/training.ts";
import { markdownTable } from "../markdown-table.ts";
import { averaged, type Curve, metricsOf, type NamedLog } from "./average.ts";
import { BANDS, curvesCsv, curvesTable } from "./curves-table.ts";
import type { Table } from "../table.ts";
import { readTrainingLog } from "./training-log.ts";

export interface CurvesResult {
  status: "done" | "written";
  dir: string;
  curves: Curve[];
  table: Table;
}

export async function reportCurves(options: ReportOptions, { reporter }: StageContext): Promise<CurvesResult> {
  const { band } = options;
  const warn = reporter.warn.bind(reporter);
  const logs: NamedLog[] = [];
  for (const { name, path } of namedPaths(options.paths, telling)) logs.push({ name, ...(await readTrainingLog(path, warn)) });
  const curves = averaged(logs, metricsOf(logs, options.metric), { band, warn });
  const table = curvesTable(curves, band);
  const { status, dir } = await writeArtifact(
    {
      output: options.output,
      kind: "report",
      command: "report",
      options,
      seed: 0,
      inputs: logs.map(({ file }) => file),
      resume: options.resume,
      overwrite: options.overwrite,
    },
    async (draft) => {
      writeDrawings(draft.dir, await drawAll([trainingFigure(curves, BANDS[band])]));
      writeFileDurable(join(draft.dir, "curves.csv"), curvesCsv(curves));
      writeFileDurable(join(draft.dir, "curves.md"), `${markdownTable(table)}\n`);
    },
  );
  return { status, dir, curves, table };
}

/** A model goes by its folder. */
function telling(path: string, parts: number): string {
  const full = resolve(path);
  return lastParts(basename(full) === METRICS_FILE ? dirname(full) : full, parts);
}

/** @file `--delta-from BASE`: what the change of every score is counted from, a system at hand or a stored evaluation. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Delta, Evaluation } from "../../schema/evaluation.ts";
import { DataError, UsageError } from "../../util/errors.ts";
import { isDirectory } from "../../util/run-file.ts";
import type { Row } from "../scoring/score-system.ts";
import { refusePartial } from "../partial.ts";
import { unlikeSettings } from "./settings.ts";
import { metricsIn, readEvaluation, type StoredEvaluation } from "./stored.ts";

export interface DeltaTask {
  from: string;
  allowPartial: boolean;
  rows: readonly Row[];
  protocol: Evaluation["protocol"];
  /** Files that were read are added. */
  files: Set<string>;
  warn(message: string): void;
}

/**
 * A system of the table where there is one of that name, else a folder of `evaluate --output` or its metrics.json: each system's
 * change since the one of its name, or since the only one there. Throws `DataError` where the stored one was not measured on the same turns.
 */
export async function deltaOf(task: DeltaTask): Promise<Delta> {
  const { from, rows, allowPartial, files, warn } = task;
  const names = rows.map(({ row }) => row.name);
  const own = rows.find(({ row }) => row.name === from);
  if (own !== undefined) {
    const scores = Object.fromEntries(own.row.cells.flatMap(({ metric, value }) => (value === null ? [] : [[metric, value]])));
    return { from, scores: Object.fromEntries(names.filter((name) => name !== from).map((name) => [name, scores])), unlike: [] };
  }
  if (!existsSync(from))
    throw new UsageError(`--delta-from ${from}: no such file, and no system of that name; there are ${names.join(", ")}`);
  const stored = await readEvaluation(from);
  refusePartial([stored], { by: "--delta-from", allowed: allowPartial });
  files.add(isDirectory(from) ? join(from, "metrics.json") : from);
  const unlike = unlikeSettings(stored.metrics.config, task.protocol);
  const split = unlike.find((text) => text.startsWith("split:"));
  if (split !== undefined) throw new DataError(`was measured on other turns (${split}): there is no change to print`, { file: from });
  if (unlike.length > 0) warn(`changes since ${from}: the two were not measured alike (${unlike.join("; ")})`);
  return { from, scores: changesSince(stored, rows), unlike };
}

function changesSince(stored: StoredEvaluation, rows: readonly Row[]): Delta["scores"] {
  const out: Delta["scores"] = {};
  for (const row of rows) {
    const base = counterpart(row.row.name, stored, rows);
    if (base === undefined) continue;
    const shared = row.row.cells.filter(({ metric, value }) => value !== null && stored.metrics.results[base]![metric] != null);
    for (const { metric, n } of shared) refuseOtherTurns({ stored, base, row, metric, n });
    out[row.row.name] = Object.fromEntries(shared.map(({ metric }) => [metric, stored.metrics.results[base]![metric]!]));
  }
  if (Object.values(out).some((scores) => Object.keys(scores).length > 0)) return out;
  const has = Object.entries(stored.metrics.results).map(([name, scores]) => `${name} (${metricsIn(scores).join(", ")})`);
  throw new DataError(`has no score of these systems to count a change from; it has ${has.join(", ")}`, { file: stored.path });
}

/** The system of the same name; for systems of other names the only system there. Rows of our own have their own names on both sides. */
function counterpart(name: string, { metrics }: StoredEvaluation, rows: readonly Row[]): string | undefined {
  if (name in metrics.results) return name;
  const ours = (role: "system" | "baseline") => rows.filter(({ row }) => row.role === role).map(({ row }) => row.name);
  const theirs = Object.keys(metrics.results).filter((one) => !ours("baseline").includes(one));
  const [only] = theirs;
  return theirs.length === 1 && ours("system").includes(name) && !ours("system").includes(only!) ? only : undefined;
}

/** By their number, and where scores per turn are at hand by their ids. */
function refuseOtherTurns({
  stored,
  base,
  row: { row, scored },
  metric,
  n,
}: {
  stored: StoredEvaluation;
  base: string;
  row: Row;
  metric: string;
  n: number;
}): void {
  const theirs = stored.metrics["n-samples"][base]?.[metric];
  const refuse = (why: string): never => {
    throw new DataError(`has ${metric} of ${base} over other turns than ${row.name} has now (${why}): there is no change to print`, {
      file: stored.path,
    });
  };
  if (theirs !== n) refuse(`${theirs ?? "–"} against ${n}`);
  const before = stored.scores?.get(base)?.get(metric);
  const now = scored.find(({ scores }) => scores.has(metric))?.turns;
  if (before === undefined || now === undefined) return;
  const stranger = now.find((turn) => !before.has(turn));
  if (stranger !== undefined) refuse(`it lacks ${JSON.stringify(stranger)}`);
}

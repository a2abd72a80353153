/** @file The files of an evaluation: metrics.json and scores.jsonl (report.md comes from src/report). */
import { join } from "node:path";
import type { Breakdown, Evaluation } from "../schema/evaluation.ts";
import { MetricsFile } from "../schema/metrics-file.ts";
import type { ScoreLine } from "../schema/records.ts";
import { writeFileDurable } from "../util/files.ts";
import { stringify } from "../util/json.ts";
import { JsonlWriter } from "../util/jsonl.ts";
import { packageVersion } from "../util/package-root.ts";
import type { Scored } from "./scoring/rows.ts";

export function metricsFile({
  metrics,
  systems,
  comparisons,
  significance,
  delta,
  breakdowns,
  consistency,
  partial,
  protocol,
  warnings,
}: Evaluation): MetricsFile {
  const perSystem = <T>(pick: (system: Evaluation["systems"][number]) => [string, T][]): Record<string, Record<string, T>> =>
    Object.fromEntries(systems.map((system) => [system.name, Object.fromEntries(pick(system))]));
  return {
    results: perSystem(({ cells }) =>
      cells.flatMap(({ metric, value, interval }): [string, number | null][] => [
        [metric, value],
        ...(interval === undefined
          ? []
          : ([
              [`${metric}_ci95_low`, interval[0]],
              [`${metric}_ci95_high`, interval[1]],
            ] as [string, number][])),
      ]),
    ),
    higher_is_better: perSystem(({ cells }) =>
      cells.map(({ metric }) => [metric, metrics.find(({ label }) => label === metric)!.higher_is_better]),
    ),
    "n-samples": perSystem(({ cells }) => cells.map(({ metric, n }) => [metric, n])),
    missing: perSystem(({ cells }) =>
      cells.flatMap(({ metric, reason }): [string, string][] => (reason === undefined ? [] : [[metric, reason]])),
    ),
    comparisons,
    ...(significance === undefined ? {} : { significance }),
    ...(delta === undefined ? {} : { delta }),
    breakdowns: Object.fromEntries(breakdowns.map(({ by, groups }) => [by, nested(groups)])),
    consistency,
    ...(partial === undefined ? {} : { partial }),
    warnings,
    config: protocol,
    versions: { uniconv: packageVersion() },
  };
}

function nested(groups: Breakdown["groups"]): MetricsFile["breakdowns"][string] {
  const out: MetricsFile["breakdowns"][string] = {};
  for (const { group, system, cells } of groups) {
    const scores = cells.map(({ metric, value, n, interval }) => [
      metric,
      { score: value, n, ...(interval && { ci95: [...interval] as [number, number] }) },
    ]);
    (out[group] ??= {})[system] = Object.fromEntries(scores) as (typeof out)[string][string];
  }
  return out;
}

export function writeMetrics(dir: string, evaluation: Evaluation): void {
  writeFileDurable(join(dir, "metrics.json"), `${JSON.stringify(MetricsFile.parse(metricsFile(evaluation)), undefined, 2)}\n`);
}

/** A line per system, turn and metric. */
export async function writeScores(dir: string, systems: readonly { name: string; scored: readonly Scored[] }[]): Promise<void> {
  const writer = JsonlWriter.create(join(dir, "scores.jsonl"));
  // ScoreLines, put together by hand: of hundreds of thousands of them, only the score is new in each.
  const key = (name: keyof ScoreLine, value: string | number): string => `"${name}":${stringify(value)}`;
  for (const { name, scored } of systems)
    for (const { turns, scores } of scored) {
      const columns = [...scores].map(([metric, values]) => ({ metric: key("metric", metric), values }));
      for (const [i, turn] of turns.entries()) {
        const start = `{${key("system", name)},${key("turn", turn)}`;
        for (const { metric, values } of columns) writer.writeLine(`${start},${metric},${key("score", values[i]!)}}`);
      }
    }
  await writer.close();
}

/** @file Training logs of one name (seeds of one training) as curves: their mean over the runs, with a band. */
import { EVAL, type MetricsLine } from "../../schema/metrics-log.ts";
import { DataError, UsageError } from "../../util/errors.ts";
import type { TrainingLog } from "./training-log.ts";

export interface NamedLog extends TrainingLog {
  name: string;
}

export interface Point {
  update: number;
  mean: number;
  /** Of the band; the mean itself where there is one run. */
  low: number;
  high: number;
}

export interface Curve {
  name: string;
  metric: string;
  /** Runs averaged over. */
  runs: number;
  points: Point[];
}

export type Band = "range" | "sd";

/** They say where a line stands, not how the training goes. */
const PLACES = new Set(["update", "epoch", "stage", "loss_scale", "skipped"]);

/** What the logs measure, in the order they name it: losses, gradient norm, learning rate, then evaluations. */
export function metricsOf(logs: readonly NamedLog[], wanted: readonly string[]): string[] {
  const found = [...new Set(logs.flatMap(({ lines }) => lines.flatMap((line) => Object.keys(line))))].filter((key) => key !== "update");
  const missing = wanted.find((key) => !found.includes(key));
  if (missing !== undefined) throw new UsageError(`--metric ${missing}: no log has it; there are ${found.join(", ")}`);
  if (wanted.length > 0) return [...wanted];
  const shown = found.filter((key) => !PLACES.has(key));
  return [...shown.filter((key) => !key.startsWith(EVAL)), ...shown.filter((key) => key.startsWith(EVAL))];
}

/**
 * A point wherever every run of the name that has the metric has a value: a mean over changing runs would show jumps of its own making.
 * What is left out for that is told. Throws `DataError` where two runs share no update at all.
 */
export function averaged(
  logs: readonly NamedLog[],
  metrics: readonly string[],
  { band, warn }: { band: Band; warn: (message: string) => void },
): Curve[] {
  const names = [...new Set(logs.map(({ name }) => name))];
  return names.flatMap((name) => {
    const runs = logs.filter((log) => log.name === name);
    for (const text of unevenness(name, runs, metrics)) warn(text);
    return metrics.flatMap((metric) => {
      const having = runs.flatMap(({ lines }) => {
        const values = valuesOf(lines, metric);
        return values.size === 0 ? [] : [values];
      });
      if (having.length === 0) return [];
      const points = sharedUpdates(having).map((update) =>
        pointOf(
          update,
          having.map((values) => values.get(update)!),
          band,
        ),
      );
      if (points.length === 0)
        throw new DataError(`${name}: its runs share no update with ${metric}; they were logged at ${steps(having)}`);
      return [{ name, metric, runs: having.length, points }];
    });
  });
}

function valuesOf(lines: readonly MetricsLine[], metric: string): Map<number, number> {
  return new Map(lines.flatMap((line) => (line[metric] === undefined ? [] : [[line.update, line[metric]] as const])));
}

function sharedUpdates([first, ...others]: readonly ReadonlyMap<number, number>[]): number[] {
  return [...first!.keys()].filter((update) => others.every((values) => values.has(update))).sort((a, b) => a - b);
}

function pointOf(update: number, values: readonly number[], band: Band): Point {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length === 1) return { update, mean, low: mean, high: mean };
  if (band === "range") return { update, mean, low: Math.min(...values), high: Math.max(...values) };
  const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
  return { update, mean, low: mean - sd, high: mean + sd };
}

/** A sentence per metric that some runs lack, and one on updates that do not match. */
function unevenness(name: string, runs: readonly NamedLog[], metrics: readonly string[]): string[] {
  const lacking = metrics.flatMap((metric) => {
    const without = runs.filter(({ lines }) => valuesOf(lines, metric).size === 0);
    if (without.length === 0 || without.length === runs.length) return [];
    return [
      `${name}: ${metric} is in ${runs.length - without.length} of ${runs.length} runs, not in ${files(without)}; it is averaged over those`,
    ];
  });
  const dropped = metrics.flatMap((metric) => {
    const having = runs.map(({ lines }) => valuesOf(lines, metric)).filter((values) => values.size > 0);
    const all = new Set(having.flatMap((values) => [...values.keys()]));
    const left = having.length === 0 ? 0 : all.size - sharedUpdates(having).length;
    return left > 0 ? [`${metric} ${left} of ${all.size}`] : [];
  });
  if (dropped.length === 0) return lacking;
  // A log may be longer than an argument list.
  const ends = runs.map(({ file, lines }) => `${file} ends at ${lines.reduce((last, { update }) => Math.max(last, update), 0)}`);
  return [...lacking, `${name}: updates that some run lacks are left out (${dropped.join(", ")}); ${ends.join(", ")}`];
}

const files = (logs: readonly NamedLog[]): string => logs.map(({ file }) => file).join(", ");

function steps(having: readonly ReadonlyMap<number, number>[]): string {
  return having.map((values) => `${[...values.keys()].slice(0, 3).join(", ")}${values.size > 3 ? ", …" : ""}`).join(" and at ");
}

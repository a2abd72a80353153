/** @file Averaged training curves as a table for people, and every point of them as CSV. */
import { EVAL } from "../../schema/metrics-log.ts";
import { csv } from "../csv.ts";
import type { Table } from "../table.ts";
import type { Band, Curve, Point } from "./average.ts";

export const BANDS: Record<Band, string> = { range: "lowest to highest run", sd: "mean ± standard deviation over runs" };

/** Scores of evaluations stand × 100, as everywhere; a count, which is above 1, does not. */
export function isScore({ metric, points }: Curve): boolean {
  return metric.startsWith(EVAL) && points.every(({ low, high }) => low >= -1 && high <= 2);
}

export function curvesTable(curves: readonly Curve[], band: Band): Table {
  const several = curves.some(({ runs }) => runs > 1);
  return {
    columns: [
      { title: "", align: "left" },
      { title: "metric", align: "left" },
      ...["runs", "points", "first", "last", "lowest", "highest"].map((title) => ({ title, align: "right" as const })),
    ],
    rows: curves.map((curve) => {
      const { name, metric, runs, points } = curve;
      const shown = (value: number): string => numeral(isScore(curve) ? 100 * value : value);
      const at = ({ update, mean }: Point): string => `${shown(mean)} at ${update}`;
      const banded = ({ update, mean, low, high }: Point): string =>
        runs > 1 ? `${shown(mean)} [${shown(low)}, ${shown(high)}] at ${update}` : at({ update, mean, low, high });
      const by = (better: (a: number, b: number) => boolean): Point =>
        points.reduce((best, point) => (better(point.mean, best.mean) ? point : best));
      return [
        name,
        metric,
        String(runs),
        String(points.length),
        banded(points[0]!),
        banded(points.at(-1)!),
        at(by((a, b) => a < b)),
        at(by((a, b) => a > b)),
      ];
    }),
    notes: [
      `value at update${several ? `; [low, high]: ${BANDS[band]}` : ""}; lowest and highest are those of the mean`,
      ...(curves.some(isScore) ? [`${EVAL}…: scores × 100`] : []),
    ],
  };
}

/** Four digits, and an exponent where there would be many zeros. */
function numeral(value: number): string {
  const size = Math.abs(value);
  if (value !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(2);
  return size >= 1000 ? value.toFixed(0) : value.toPrecision(4);
}

/** In full precision, scores 0-1: a line per name, metric and update. */
export function curvesCsv(curves: readonly Curve[]): string {
  return csv(
    ["name", "metric", "update", "runs", "mean", "low", "high"],
    curves.flatMap(({ name, metric, runs, points }) =>
      points.map(({ update, mean, low, high }) => [name, metric, update, runs, mean, low, high]),
    ),
  );
}

/** @file Figure: training curves, a panel per loss, rate and score, a line per name with a band over its runs. */
import { EVAL } from "../../schema/metrics-log.ts";
import type { Curve, Point } from "../curves/average.ts";
import { isScore } from "../curves/curves-table.ts";
import { airy, FONT, type Figure, legendOf, PAGE, page, panelTitle, plotWidth, scalesOf } from "./figure.ts";
import { shownNames } from "./text.ts";

const HEIGHT = 90;
/** More points than pixels show nothing more: neighbours become one. */
const POINTS = 300;
/** Few points are marked, many make a line. */
const MARKED = 25;

/** `band`: what the bands are, in words. */
export function trainingFigure(curves: readonly Curve[], band: string): Figure {
  const names = [...new Set(curves.map(({ name }) => name))];
  const metrics = [...new Set(curves.map(({ metric }) => metric))];
  const shown = shownNames(names, PAGE - 70, FONT.label);
  const columns = metrics.length === 1 ? 1 : 2;
  const width = plotWidth(columns);
  const drawn = curves.map((curve) => ({ ...curve, percent: isScore(curve), points: thinned(curve.points) }));
  const values = drawn.flatMap(({ name, metric, points, percent }) =>
    points.map(({ update, mean, low, high }) => {
      const value = (one: number): number => Number((percent ? 100 * one : one).toPrecision(6));
      return {
        panel: metrics.indexOf(metric),
        name: shown[names.indexOf(name)]!,
        update,
        mean: value(mean),
        low: value(low),
        high: value(high),
      };
    }),
  );
  const last = Math.max(...values.map(({ update }) => update));
  const first = Math.min(...values.map(({ update }) => update));
  const banded = curves.some(({ runs }) => runs > 1);
  const thin = drawn.some(({ points }, i) => points.length < curves[i]!.points.length);
  const title = "Training curves";
  const legend = legendOf(shown);
  const { color, strokeDash, shape } = scalesOf(shown);
  const named = { field: "name", type: "nominal" };
  return {
    name: "curves",
    title,
    spec: page({
      title,
      subtitle: [
        banded
          ? `lines: mean over runs (${runsOf(curves, shown, names)}); bands: ${band}`
          : `one run${names.length > 1 ? " each" : `: ${shown[0]}`}`,
        ...(thin ? ["neighbouring updates averaged"] : []),
      ].join("; "),
      values,
      columns,
      panels: metrics.map((metric) => {
        const here = drawn.filter((curve) => curve.metric === metric);
        const few = Math.max(...here.map(({ points }) => points.length)) <= MARKED;
        const y = (field: string) => ({
          field,
          type: "quantitative",
          scale: { domain: domainOf(here), zero: false, nice: false },
          axis: { title: unitOf(metric, here[0]!.percent), tickCount: 4, format: ".3~g" },
        });
        return {
          title: panelTitle(metric, { width }),
          width,
          height: HEIGHT,
          encoding: {
            x: {
              field: "update",
              type: "quantitative",
              scale: { domain: first === last ? [first - 1, last + 1] : [Math.min(first, 0), last], zero: false, nice: false },
              axis: { title: "update", tickCount: 4, tickMinStep: 1, grid: false, format: "~s" },
            },
            color: { ...named, scale: color, legend },
          },
          layer: [
            ...(banded ? [{ mark: { type: "area", opacity: 0.2 }, encoding: { y: y("low"), y2: { field: "high" } } }] : []),
            { mark: { type: "line", strokeWidth: 1.5 }, encoding: { y: y("mean"), strokeDash: { ...named, scale: strokeDash, legend } } },
            ...(few
              ? [
                  {
                    mark: { type: "point", filled: true, size: 20, opacity: 1 },
                    encoding: { y: y("mean"), shape: { ...named, scale: shape, legend } },
                  },
                ]
              : []),
          ],
        };
      }),
    }),
  };
}

/** "3 each", or what each name has. */
function runsOf(curves: readonly Curve[], shown: readonly string[], names: readonly string[]): string {
  const counts = names.map((name) => Math.max(...curves.filter((curve) => curve.name === name).map(({ runs }) => runs)));
  if (counts.length === 1) return `${counts[0]} of ${shown[0]}`;
  return new Set(counts).size === 1 ? `${counts[0]} each` : counts.map((count, i) => `${shown[i]} ${count}`).join(", ");
}

function unitOf(metric: string, percent: boolean): string {
  if (percent) return "score × 100";
  if (metric.startsWith(EVAL)) return "value";
  return metric === "learning_rate" ? "rate" : metric === "grad_norm" ? "L2 norm" : /^L(_|$)/.test(metric) ? "loss (nats)" : "value";
}

function domainOf(curves: readonly { points: readonly Point[]; percent: boolean }[]): [number, number] {
  const times = curves[0]!.percent ? 100 : 1;
  const low = times * Math.min(...curves.flatMap(({ points }) => points.map((point) => point.low)));
  const high = times * Math.max(...curves.flatMap(({ points }) => points.map((point) => point.high)));
  if (curves[0]!.percent) return airy([low, high]);
  const air = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
  return [low - air, high + air];
}

/** The mean of each group of neighbours, at its last update, with the widest band among them. */
function thinned(points: readonly Point[]): Point[] {
  if (points.length <= POINTS) return [...points];
  const size = Math.ceil(points.length / POINTS);
  return Array.from({ length: Math.ceil(points.length / size) }, (_, slice) => {
    const part = points.slice(slice * size, (slice + 1) * size);
    return {
      update: part.at(-1)!.update,
      mean: part.reduce((sum, { mean }) => sum + mean, 0) / part.length,
      low: Math.min(...part.map(({ low }) => low)),
      high: Math.max(...part.map(({ high }) => high)),
    };
  });
}

/** @file Figures of scores by group of turns: curves with bands over turn numbers and lengths, bars over anything else. */
import type { Breakdown } from "../../schema/evaluation.ts";
import { airy, FONT, type Figure, legendOf, PAGE, PALE, page, panelTitle, percent, plotWidth, scalesOf, type Spec } from "./figure.ts";
import { harmless, shortened, shownNames, textWidth } from "./text.ts";

/** Bands of more systems than these would hide each other. */
const BANDS = 4;
const HEIGHT = 110;

/** What the axis says of the groups. */
const AXES: Record<string, string> = { turn: "turn number", history: "earlier exchanges in view" };

interface Row extends Record<string, string | number | null> {
  panel: number;
  group: string | number;
  system: string;
  score: number | null;
  low: number | null;
  high: number | null;
  n: number;
}

/** Undefined where no group has a score. */
export function groupsFigure({ by, groups }: Breakdown): Figure | undefined {
  const names = [...new Set(groups.map(({ system }) => system))];
  const metrics = [...new Set(groups.flatMap(({ cells }) => cells.filter(({ value }) => value !== null).map(({ metric }) => metric)))];
  if (metrics.length === 0) return undefined;
  const numbers = groups.every(({ group }) => /^\d{1,9}$/.test(group));
  const shown = shownNames(names, numbers ? PAGE - 70 : PAGE / 2, FONT.label);
  const labels = [...new Set(groups.map(({ group }) => group))];
  const groupNames = new Map(shownNames(labels, 110, FONT.label).map((label, i) => [labels[i]!, label]));
  const rows = groups.flatMap(({ group, system, cells }): Row[] =>
    cells.flatMap(({ metric, value, interval, n }) => {
      const panel = metrics.indexOf(metric);
      if (panel < 0) return [];
      return {
        panel,
        group: numbers ? Number(group) : groupNames.get(group)!,
        system: shown[names.indexOf(system)]!,
        score: value === null ? null : percent(value),
        low: interval === undefined ? null : percent(interval[0]),
        high: interval === undefined ? null : percent(interval[1]),
        n,
      };
    }),
  );
  const title = `Scores by ${harmless(by)}`;
  const axis = AXES[by] ?? shortened(harmless(by), HEIGHT, FONT.label);
  const what = { axis, names: shown, metrics, rows };
  return {
    name: `by-${fileName(by)}`,
    title,
    spec: numbers ? curves(what, title) : bars(what, { title, groups: [...groupNames.values()] }),
  };
}

const fileName = (tag: string): string =>
  tag
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "") || "tag";

interface Drawn {
  /** What the axis of the groups is called. */
  axis: string;
  names: readonly string[];
  metrics: readonly string[];
  rows: readonly Row[];
}

function curves({ axis, names, metrics, rows }: Drawn, title: string): Spec {
  const banded = names.length <= BANDS && rows.some(({ low }) => low !== null);
  const columns = metrics.length === 1 ? 1 : 2;
  const width = plotWidth(columns);
  const { color, strokeDash, shape } = scalesOf(names);
  const legend = legendOf(names);
  const system = { field: "system", type: "nominal" };
  const numbers = rows.map(({ group }) => Number(group));
  const range = [Math.min(...numbers) - 0.5, Math.max(...numbers) + 0.5];
  const x = {
    field: "group",
    type: "quantitative",
    scale: { domain: range, zero: false, nice: false },
    axis: { title: axis, tickMinStep: 1, tickCount: 6, format: "d", grid: false },
  };
  const panels = metrics.map((metric, panel) => {
    const seen = rows.filter((row) => row.panel === panel).flatMap(({ score, low, high }) => (banded ? [score, low, high] : [score]));
    const domain = airy(seen.filter((one) => one !== null));
    const y = {
      field: "score",
      type: "quantitative",
      scale: { domain, zero: false, nice: false },
      axis: { title: "score × 100", tickCount: 5 },
    };
    return {
      title: panelTitle(metric, { width }),
      width,
      height: HEIGHT,
      encoding: { x },
      layer: [
        ...(banded
          ? [
              {
                mark: { type: "area", opacity: 0.15 },
                encoding: { y: { ...y, field: "low" }, y2: { field: "high" }, color: { ...system, scale: color, legend } },
              },
            ]
          : []),
        {
          mark: { type: "line", strokeWidth: 1.5 },
          encoding: { y, color: { ...system, scale: color, legend }, strokeDash: { ...system, scale: strokeDash, legend } },
        },
        {
          mark: { type: "point", filled: true, size: 22, opacity: 1 },
          encoding: { y, color: { ...system, scale: color, legend }, shape: { ...system, scale: shape, legend } },
        },
      ],
    };
  });
  const counts = countsOf(rows);
  const among = {
    title: panelTitle("turns in each group", { width }),
    width,
    height: metrics.length % 2 === 0 || columns === 1 ? 45 : HEIGHT,
  };
  const turnPanel = {
    ...among,
    mark: { type: "bar", color: PALE, width: Math.max(1, Math.min(14, width / (range[1]! - range[0]!) - 1)) },
    encoding: { x, y: { field: "n", type: "quantitative", stack: null, axis: { title: "turns", tickCount: 3, tickMinStep: 1 } } },
  };
  return page({
    title,
    subtitle: [
      banded
        ? "bands: 95 % bootstrap interval over the turns of a group"
        : names.length > BANDS
          ? `no bands: more than ${BANDS} systems`
          : "",
      ...(names.length === 1 ? [names[0]!] : []),
    ]
      .filter((part) => part !== "")
      .join("; "),
    values: [...rows, ...counts.map(([group, n]) => ({ panel: metrics.length, group, n }))],
    columns,
    panels: [...panels, turnPanel],
  });
}

/** The turns of each group: the most that any metric has. */
function countsOf(rows: readonly Row[]): [string | number, number][] {
  const counts = new Map<string | number, number>();
  for (const { group, n } of rows) counts.set(group, Math.max(n, counts.get(group) ?? 0));
  return [...counts];
}

function bars({ axis, names, metrics, rows }: Drawn, { title, groups }: { title: string; groups: readonly string[] }): Spec {
  const counts = new Map(countsOf(rows));
  const label = new Map(groups.map((group) => [group, `${group} (n ${counts.get(group) ?? 0})`]));
  const left = Math.max(...[...label.values()].map((text) => textWidth(text, FONT.label)));
  const columns = metrics.length === 1 ? 1 : 2;
  const width = Math.floor((PAGE - left - 20) / columns) - 14;
  const { color } = scalesOf(names);
  const step = names.length > 6 ? 7 : 11;
  const intervals = rows.some(({ low }) => low !== null);
  const panels = metrics.map((metric, panel) => ({
    title: panelTitle(metric, { width, left: panel % columns === 0 ? Math.round(left) : 0 }),
    width,
    height: { step: 8 },
    encoding: {
      y: {
        field: "group",
        type: "nominal",
        scale: { domain: [...label.values()], paddingInner: 0.25 },
        axis: { title: panel % columns === 0 ? axis : null, labels: panel % columns === 0, ticks: false, labelPadding: 5 },
      },
      yOffset: { field: "system", type: "nominal", scale: { domain: names } },
    },
    layer: [
      {
        mark: { type: "bar" },
        encoding: {
          x: { field: "score", type: "quantitative", stack: null, scale: { zero: true }, axis: { title: "score × 100", tickCount: 4 } },
          // Of a nominal colour Vega-Lite would make an expression with the names in it.
          color: { field: "system", type: "ordinal", scale: color, legend: legendOf(names, PAGE - left) },
        },
      },
      {
        mark: { type: "rule", color: "#1a1a1a", strokeWidth: 1 },
        encoding: { x: { field: "low", type: "quantitative" }, x2: { field: "high" } },
      },
    ],
  }));
  return page({
    title,
    subtitle: [
      intervals ? "lines: 95 % bootstrap interval over the turns of a group" : "",
      "n: turns in the group",
      ...(names.length === 1 ? [names[0]!] : []),
    ]
      .filter((part) => part !== "")
      .join("; "),
    values: rows.map((row) => ({ ...row, group: label.get(String(row.group))! })),
    columns,
    panels: panels.map((panel) => ({ ...panel, height: { step, for: "offset" } })),
  });
}

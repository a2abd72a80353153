/** @file Bars over named groups of turns, a bar per system; points of different shapes where there are more systems than colours. */
import { COLOURS, FONT, legendOf, PAGE, page, panelTitle, scalesOf, type Spec } from "./figure.ts";
import { countsOf, type Drawn } from "./group-rows.ts";
import { textWidth } from "./text.ts";

export function groupBars({ axis, names, metrics, rows }: Drawn, { title, groups }: { title: string; groups: readonly string[] }): Spec {
  const counts = new Map(countsOf(rows));
  const label = new Map(groups.map((group) => [group, `${group.trimEnd()} (n ${counts.get(group) ?? 0})`]));
  const left = Math.max(...[...label.values()].map((text) => textWidth(text, FONT.label)));
  const columns = metrics.length === 1 ? 1 : 2;
  const width = Math.floor((PAGE - left - 20) / columns) - 14;
  const { color, shape } = scalesOf(names);
  const legend = legendOf(names, PAGE - left);
  // Of a nominal colour Vega-Lite would make an expression with the names in it.
  const system = { field: "system", type: "ordinal" };
  const step = names.length > 6 ? 7 : 11;
  const intervals = rows.some(({ low }) => low !== null);
  const panels = metrics.map((metric, panel) => ({
    title: panelTitle(metric, { width, left: panel % columns === 0 ? Math.round(left) : 0 }),
    width,
    height: { step, for: "offset" },
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
        mark: names.length > COLOURS.length ? { type: "point", filled: true, size: 24, opacity: 1 } : { type: "bar" },
        encoding: {
          x: { field: "score", type: "quantitative", stack: null, scale: { zero: true }, axis: { title: "score × 100", tickCount: 4 } },
          color: { ...system, scale: color, legend },
          ...(names.length > COLOURS.length ? { shape: { ...system, type: "nominal", scale: shape, legend } } : {}),
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
    panels,
  });
}

/** @file Curves over numbered groups of turns, with bands, and the turns of each group below. */
import { airy, legendOf, PALE, page, panelTitle, plotWidth, scalesOf, type Spec } from "./figure.ts";
import { countsOf, type Drawn } from "./group-rows.ts";

/** Bands of more systems than these would hide each other. */
const BANDS = 4;
const HEIGHT = 110;

export function groupCurves({ axis, names, metrics, rows }: Drawn, title: string): Spec {
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
    scale: { domain: range, zero: false, nice: false, padding: 0 },
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

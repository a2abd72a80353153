/** @file Figure: every system's scores with their intervals; a panel per metric, or per dataset and metric. */
import type { Cell } from "../../schema/evaluation.ts";
import { airy, BETTER, FONT, type Figure, PAGE, page, panelTitle, percent, turns } from "./figure.ts";
import { type FigureSource, scored } from "./source.ts";
import { shownNames, textWidth } from "./text.ts";

/** One dataset; its title is empty where there is only one. */
export interface Dataset {
  title: string;
  source: FigureSource;
}

const ROW = 16;
const NAMES = 130;

/** Undefined where nothing has a score. */
export function scoresFigure(datasets: readonly Dataset[]): Figure | undefined {
  const names = [...new Set(datasets.flatMap(({ source }) => source.systems.map(({ name }) => name)))];
  const metrics = [...new Set(datasets.flatMap(({ source }) => scored(source)))];
  const panels = datasets.flatMap(({ title, source }) =>
    metrics.flatMap((metric) => {
      const cells = names.map((name) => cellOf(source, name, metric));
      return cells.some((cell) => cell?.value != null) ? [{ title, metric, cells }] : [];
    }),
  );
  if (panels.length === 0) return undefined;
  const shown = shownNames(names, NAMES, FONT.label);
  const columns = Math.min(panels.length, names.length === 1 || metrics.length > 1 ? 2 : 1);
  const left = Math.max(...shown.map((name) => textWidth(name, FONT.label)));
  const width = Math.floor((PAGE - left - 20) / columns) - 14;
  const values = panels.flatMap(({ cells }, panel) =>
    cells.map((cell, i) => ({
      panel,
      system: shown[i]!,
      score: cell?.value == null ? null : percent(cell.value),
      low: cell?.interval === undefined ? null : percent(cell.interval[0]),
      high: cell?.interval === undefined ? null : percent(cell.interval[1]),
      n: cell?.n ?? 0,
    })),
  );
  const title = datasets.length > 1 ? "Scores by dataset and system" : "Scores by metric and system";
  const intervals = values.some(({ low }) => low !== null);
  return {
    name: "scores",
    title,
    spec: page({
      title,
      subtitle: `score × 100${intervals ? "; bars: 95 % bootstrap interval over turns" : ""}; n: turns`,
      values,
      columns,
      panels: panels.map((panel, i) => ({
        title: panelTitle(heading(panel), { width: width + 8, left: i % columns === 0 ? Math.round(left) : 0 }),
        width,
        height: ROW * names.length,
        ...layers({ names: shown, labelled: i % columns === 0, values: values.filter((value) => value.panel === i) }),
      })),
    }),
  };
}

function cellOf({ systems }: FigureSource, name: string, metric: string): Cell | undefined {
  return systems.find((system) => system.name === name)?.cells.find((cell) => cell.metric === metric);
}

function heading({ title, metric, cells }: { title: string; metric: string; cells: readonly (Cell | undefined)[] }): string {
  const counts = cells.flatMap((cell) => (cell?.value == null ? [] : [cell.n]));
  return `${title === "" ? "" : `${title}: `}${metric} (${turns(counts)})`;
}

interface PanelValues {
  names: readonly string[];
  /** Only the first panel of a row names the systems. */
  labelled: boolean;
  values: readonly { score: number | null; low: number | null; high: number | null }[];
}

function layers({ names, labelled, values }: PanelValues) {
  const seen = values.flatMap(({ score, low, high }) => [score, low, high].filter((one) => one !== null));
  const y = {
    field: "system",
    type: "nominal",
    scale: { domain: names },
    axis: { title: null, labels: labelled, ticks: false, domain: false, grid: true, labelPadding: 6 },
  };
  const x = (field: string) => ({ field, type: "quantitative" });
  const domain = airy(seen);
  return {
    encoding: { y },
    layer: [
      { mark: { type: "rule", color: BETTER, strokeWidth: 2, opacity: 0.45 }, encoding: { x: x("low"), x2: { field: "high" } } },
      {
        mark: { type: "point", filled: true, color: BETTER, size: 36, opacity: 1 },
        encoding: {
          x: {
            ...x("score"),
            scale: { domain, zero: false, nice: false },
            axis: { title: "score × 100", tickCount: 4, grid: true },
          },
        },
      },
      {
        transform: [{ filter: "datum.score === null" }],
        mark: { type: "text", text: "n/a", align: "left", dx: 3 },
        encoding: { x: { value: 0 } },
      },
    ],
  };
}

/** @file What a figure is: a Vega-Lite specification with its data inline, in the one look all of them share. */
import { harmless, textWidth, wrapped } from "./text.ts";

/** JSON of Vega-Lite. Field names in it are ours, always: what comes from data is only ever a value or a literal text. */
export type Spec = Readonly<Record<string, unknown>>;

export interface Figure {
  /** File name without ending. */
  name: string;
  title: string;
  spec: Spec;
}

/** Of a tag or a dataset, fit for every file system. */
export function fileName(name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return plain.replace(/^-|-$/g, "").slice(0, 60) || "other";
}

/** The figure of one dataset among several. */
export function headed({ name, title, spec }: Figure, dataset: string): Figure {
  const heading = `${harmless(dataset)}: ${title}`;
  const above = { ...(spec["title"] as Spec), text: wrapped(heading, PAGE, FONT.title) };
  return { name: `${fileName(dataset)}-${name}`, title: heading, spec: { ...spec, title: above } };
}

/** A picture is this wide at most, so that at half a page (8 cm) its letters are still those of a footnote. Pixels. */
export const PAGE = 380;
export const FONT = { label: { size: 10 }, panel: { size: 11, bold: true }, title: { size: 13, bold: true }, small: { size: 10 } } as const;
const INK = "#1a1a1a";
export const PALE = "#b8b8b8";

/** Okabe and Ito's colours, told apart with every kind of colour vision; yellow is left out, too pale for lines on white. */
export const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];
const DASHES = [
  [1, 0],
  [6, 2],
  [2, 2],
  [8, 2, 2, 2],
  [3, 3, 1, 3],
];
const SHAPES = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down"];
export const [BETTER, WORSE] = [COLOURS[0]!, COLOURS[1]!];

/** Scales that tell systems apart by colour and by dash and shape: no two of 210 are alike in all three. */
export function scalesOf(names: readonly string[]) {
  const scale = <T>(from: readonly T[]) => ({ domain: names, range: names.map((_, i) => from[i % from.length]!) });
  return { color: scale(COLOURS), strokeDash: scale(DASHES), shape: scale(SHAPES) };
}

/** Under the plots, in as many columns as the longest name and their `width` allow; none where there is nothing to tell apart. */
export function legendOf(names: readonly string[], width = PAGE - 50): Spec | null {
  if (names.length < 2) return null;
  const longest = Math.max(...names.map((name) => textWidth(name, FONT.label)));
  const columns = Math.max(1, Math.min(names.length, Math.floor(width / (longest + 32))));
  return {
    orient: "bottom",
    title: null,
    columns,
    labelLimit: 0,
    symbolSize: 60,
    symbolStrokeWidth: 1.5,
    symbolOpacity: 1,
    columnPadding: 12,
    offset: 10,
  };
}

export interface Page {
  title: string;
  /** What a reader must know: units, n, what the bands are. */
  subtitle: string;
  values: readonly Readonly<Record<string, string | number | boolean | null>>[];
  /** Each sees the values whose `panel` is its place. */
  panels: readonly Spec[];
  columns: number;
}

/** The whole specification: panels in rows of `columns`. */
export function page({ title, subtitle, values, panels, columns }: Page): Spec {
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    background: "white",
    padding: 8,
    title: {
      text: wrapped(title, PAGE, FONT.title),
      subtitle: wrapped(subtitle, PAGE, FONT.small),
      anchor: "start",
      fontSize: FONT.title.size,
      subtitleFontSize: FONT.small.size,
      subtitlePadding: 4,
      offset: 12,
    },
    data: { values },
    columns: Math.min(columns, panels.length),
    spacing: { row: 18, column: 14 },
    concat: panels.map((panel, place) => ({ transform: [{ filter: { field: "panel", equal: place } }], ...panel })),
    config: CONFIG,
  };
}

/** Over the plot, and `left` pixels of what stands left of it. */
export function panelTitle(text: string, { width, left = 0 }: { width: number; left?: number }): Spec {
  const lines = wrapped(text, width + left, FONT.panel);
  return { text: lines, fontSize: FONT.panel.size, anchor: "start", frame: "group", dx: -left, offset: 8 };
}

/** The width of one of two plots side by side, each with its scale at the left; of one alone. */
export const plotWidth = (columns: number): number => (columns === 1 ? PAGE - 50 : Math.floor((PAGE - 14) / 2) - 46);

const CONFIG = {
  font: "sans-serif",
  aria: false,
  view: { stroke: null },
  title: { color: INK, subtitleColor: INK },
  axis: {
    labelColor: INK,
    titleColor: INK,
    labelFontSize: FONT.label.size,
    titleFontSize: FONT.label.size,
    titleFontWeight: "normal",
    titlePadding: 5,
    labelLimit: 0,
    titleLimit: 0,
    domainColor: "#666",
    tickColor: "#666",
    gridColor: "#e4e4e4",
    tickSize: 3,
  },
  legend: { labelColor: INK, titleColor: INK, labelFontSize: FONT.label.size, titleFontSize: FONT.label.size, titleFontWeight: "normal" },
  text: { color: INK, fontSize: FONT.small.size },
};

/** Scores stand in figures as in tables, × 100; to six digits of the score, which is more than a picture shows. */
export function percent(score: number): number {
  return Number((100 * score).toFixed(4));
}

/** A domain of scores × 100 with air at both ends, also of one value; it stays inside of `within`. */
export function airy(values: readonly number[], within: readonly [number, number] = [0, 100]): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const air = Math.max((high - low) * 0.06, 1);
  return [Math.max(low - air, within[0]), Math.min(high + air, within[1])];
}

/** "n 158" (it stays on one line), or "n 150 to 158" where they differ. */
export function turns(counts: readonly number[]): string {
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? `n\u00a0${least}` : `n\u00a0${least} to ${most}`;
}

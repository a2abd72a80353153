/** @file Figure: retrieval against generation, a point per turn; where many turns lie together, a larger one. */
import { type Consistency, GOOD_ANSWER } from "../../schema/evaluation.ts";
import { BETTER, FONT, type Figure, PAGE, PALE, page, panelTitle, percent, plotWidth } from "./figure.ts";
import type { FigureSource } from "./source.ts";
import { harmless, shortened, shownNames } from "./text.ts";

/** More different points than these are counted in cells of a grid. */
const POINTS = 300;
const CELLS = 25;
/** A panel for each system, of the first of them where there are many. */
const PANELS = 6;

/** A panel per system that retrieves and answers; undefined where none has both by turn. */
export function scatterFigure(source: FigureSource): Figure | undefined {
  const all = source.consistency.filter(
    ({ system, retrieval, answer }) => source.scores(system, retrieval) && source.scores(system, answer),
  );
  const drawn = all.slice(0, PANELS).flatMap((one) => {
    const [found, answered] = [source.scores(one.system, one.retrieval), source.scores(one.system, one.answer)];
    if (found === undefined || answered === undefined) return [];
    const pairs = [...found].flatMap(([turn, x]): [number, number][] => (answered.has(turn) ? [[x, answered.get(turn)!]] : []));
    return pairs.length === 0 ? [] : [{ one, spots: spotsOf(pairs), boundary: boundaryOf(pairs) }];
  });
  if (drawn.length === 0) return undefined;
  const columns = drawn.length === 1 ? 1 : 2;
  const width = columns === 1 ? PAGE - 120 : plotWidth(2) - 25;
  const names = shownNames(
    drawn.map(({ one }) => one.system),
    width + 30,
    FONT.panel,
  );
  const most = Math.max(...drawn.flatMap(({ spots }) => spots.map(({ turns }) => turns)));
  const title = "Retrieval against generation";
  const binned = drawn.some(({ spots }) => spots.some(({ cell }) => cell));
  return {
    name: "retrieval-answers",
    title,
    spec: page({
      title,
      subtitle:
        `scores × 100 of single turns${binned ? `, counted in cells of ${100 / CELLS} × ${100 / CELLS}` : ""}${all.length > PANELS ? `; the first ${PANELS} of ${all.length} systems` : ""}; larger dots: more turns. ` +
        `Lines: a gold passage was found (above 0) or not, the answer is good (${percent(GOOD_ANSWER)} or more) or not`,
      values: drawn.flatMap(({ spots }, panel) => spots.map(({ x, y, turns }) => ({ panel, x, y, turns }))),
      columns,
      panels: drawn.map(({ one, boundary }, panel) => ({
        title: { ...panelTitle(names[panel]!, { width: width + 30 }), subtitle: facts(one), subtitleFontSize: FONT.small.size },
        width,
        height: width,
        layer: [
          {
            data: { values: [{ x: boundary }] },
            mark: { type: "rule", color: "#777", strokeDash: [4, 3] },
            encoding: { x: axis("x", one.retrieval, width) },
          },
          {
            data: { values: [{ y: percent(GOOD_ANSWER) }] },
            mark: { type: "rule", color: "#777", strokeDash: [4, 3] },
            encoding: { y: axis("y", one.answer, width) },
          },
          {
            mark: { type: "point", filled: true, color: BETTER, opacity: 0.55, stroke: "white", strokeWidth: 0.5 },
            encoding: {
              x: axis("x", one.retrieval, width),
              y: axis("y", one.answer, width),
              size: {
                field: "turns",
                type: "quantitative",
                scale: { domain: [0, Math.max(most, 4)], range: binned ? [3, 90] : [most > 1 ? 10 : 40, most > 8 ? 210 : 80] },
                legend: most === 1 ? null : { title: "turns", orient: "right", values: steps(most), symbolFillColor: PALE, format: "d" },
              },
            },
          },
        ],
      })),
    }),
  };
}

function axis(field: "x" | "y", metric: string, length: number) {
  const title = `${shortened(harmless(metric), length - 30, FONT.label)} × 100`;
  return {
    field,
    type: "quantitative",
    scale: { domain: [-9, 109], nice: false },
    axis: { title, values: [0, 25, 50, 75, 100], grid: false },
  };
}

function facts({ n, pearson, spearman, quadrants }: Consistency): string[] {
  const r = (value: number | null): string => (value === null ? "–" : value.toFixed(2));
  const { found_and_good: a, found_and_poor: b, missed_and_good: c, missed_and_poor: d } = quadrants;
  return [`n ${n}, r ${r(pearson)}, rho ${r(spearman)}`, `found: ${a} good, ${b} poor`, `missed: ${c} good, ${d} poor`];
}

interface Spot {
  x: number;
  y: number;
  turns: number;
  /** It stands for a cell, not for one pair of scores. */
  cell: boolean;
}

/** Equal pairs are one spot; too many different ones are counted by cell, those of 0 (nothing found) apart. */
function spotsOf(pairs: readonly (readonly [number, number])[]): Spot[] {
  const points = tally(pairs.map(([x, y]) => [percent(x), percent(y)]));
  if (points.length <= POINTS) return points.map((point) => ({ ...point, cell: false }));
  const middle = (score: number): number => (score <= 0 ? 0 : ((Math.min(CELLS, Math.ceil(score * CELLS)) - 0.5) * 100) / CELLS);
  return tally(pairs.map(([x, y]) => [middle(x), middle(y)])).map((point) => ({ ...point, cell: true }));
}

function tally(points: readonly (readonly [number, number])[]): { x: number; y: number; turns: number }[] {
  const counts = new Map<string, { x: number; y: number; turns: number }>();
  for (const [x, y] of points) {
    const spot = counts.get(`${x} ${y}`);
    if (spot === undefined) counts.set(`${x} ${y}`, { x, y, turns: 1 });
    else spot.turns++;
  }
  return [...counts.values()].sort((a, b) => a.x - b.x || a.y - b.y);
}

/** Between 0 and the lowest score above it. */
function boundaryOf(pairs: readonly (readonly [number, number])[]): number {
  const least = pairs.reduce((found, [x]) => (x > 0 && x < found ? x : found), Infinity);
  return Math.min(percent(least === Infinity ? 1 : least) / 2, 2);
}

/** Round numbers for the legend of sizes. */
function steps(most: number): number[] {
  const round = (value: number): number => {
    const power = 10 ** Math.floor(Math.log10(value));
    return Math.max(1, Math.floor(value / power) * power);
  };
  return [...new Set([1, round(most / 4), round(most)])].sort((a, b) => a - b);
}

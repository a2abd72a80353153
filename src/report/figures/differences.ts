/** @file Figures of two systems turn by turn: sorted differences per turn, and how many turns are won, tied and lost. */
import {
  airy,
  BETTER,
  FONT,
  type Figure,
  legendOf,
  PAGE,
  page,
  panelTitle,
  percent,
  plotWidth,
  scalesOf,
  type Spec,
  WORSE,
} from "./figure.ts";
import { type FigureSource, scored } from "./source.ts";
import { shownNames, textWidth } from "./text.ts";

/** More steps than these are finer than a picture's pixels: neighbours are averaged. */
const STEPS = 250;
const ROW = 18;

interface Pair {
  system: string;
  metric: string;
  /** System minus baseline, per turn both have, best first; 0-1. */
  differences: number[];
}

/** Each other system against the baseline, metric by metric, where scores per turn are at hand. */
function pairsOf(source: FigureSource): Pair[] {
  const { systems, baseline } = source;
  if (baseline === undefined) return [];
  const others = systems.filter(({ name, role }) => role === "system" && name !== baseline);
  return scored(source).flatMap((metric) => {
    const base = source.scores(baseline, metric);
    if (base === undefined) return [];
    return others.flatMap(({ name: system }) => {
      const shared = [...(source.scores(system, metric) ?? [])].flatMap(([turn, score]) =>
        base.has(turn) ? [score - base.get(turn)!] : [],
      );
      return shared.length === 0 ? [] : [{ system, metric, differences: shared.sort((a, b) => b - a) }];
    });
  });
}

/** Two figures of the same pairs; none where there is nothing to compare. */
export function differenceFigures(source: FigureSource): Figure[] {
  const pairs = pairsOf(source);
  if (pairs.length === 0) return [];
  const baseline = source.baseline!;
  return [sortedFigure(pairs, baseline), winsFigure(pairs, baseline)];
}

/** Two systems: a bar per turn. More: a curve per system. */
function sortedFigure(pairs: readonly Pair[], baseline: string): Figure {
  const { metrics, names, shown } = axesOf(pairs, PAGE - 70);
  const columns = metrics.length === 1 ? 1 : 2;
  const width = plotWidth(columns);
  const values = pairs.flatMap(({ system, metric, differences }) => {
    const steps = stepsOf(differences);
    // A curve ends where its last step does.
    const end = names.length === 1 ? [] : [{ ...steps.at(-1)!, from: differences.length }];
    return [...steps, ...end].map((step) => ({ panel: metrics.indexOf(metric), system: shown[names.indexOf(system)]!, ...step }));
  });
  const farthest = Math.max(...values.map(({ difference }) => Math.abs(difference)));
  const [base] = shownNames([baseline], PAGE - 60, FONT.small);
  const title = "Differences turn by turn";
  return {
    name: "differences",
    title,
    spec: page({
      title,
      subtitle: `${names.length === 1 ? shown[0] : "each system"} minus ${base}, score × 100, turns sorted by it; above 0: better than ${base}`,
      values,
      columns,
      panels: metrics.map((metric) => {
        const n = Math.max(...pairs.filter((pair) => pair.metric === metric).map(({ differences }) => differences.length));
        const y = {
          field: "difference",
          type: "quantitative",
          scale: { domain: airy([-farthest, farthest], [-100, 100]), nice: false },
          axis: { title: "change × 100", tickCount: 5 },
        };
        const x = {
          field: "from",
          type: "quantitative",
          scale: { domain: [0, n], nice: false },
          axis: { title: "turns, sorted", tickCount: 4, tickMinStep: 1, grid: false },
        };
        return {
          title: panelTitle(`${metric} (n ${n})`, { width }),
          width,
          height: 110,
          ...(names.length === 1 ? oneSystem(x, y) : manySystems(x, y, shown)),
        };
      }),
    }),
  };
}

function oneSystem(x: Spec, y: Spec): Spec {
  return {
    mark: { type: "rect", strokeWidth: 0 },
    encoding: {
      x,
      x2: { field: "to" },
      y,
      y2: { datum: 0 },
      color: { condition: { test: "datum.difference > 0", value: BETTER }, value: WORSE },
    },
  };
}

function manySystems(x: Spec, y: Spec, names: readonly string[]): Spec {
  const { color, strokeDash } = scalesOf(names);
  const system = { field: "system", type: "nominal" };
  const legend = names.length < 2 ? null : { ...legendOf(names), symbolSize: 350 };
  return {
    layer: [
      { data: { values: [{ zero: 0 }] }, mark: { type: "rule", color: "#777" }, encoding: { y: { ...y, field: "zero" } } },
      {
        mark: { type: "line", interpolate: "step-after", strokeWidth: 1.5 },
        encoding: { x, y, color: { ...system, scale: color, legend }, strokeDash: { ...system, scale: strokeDash, legend } },
      },
    ],
  };
}

/** Runs of turns with the same difference: from (inclusive) to (exclusive) in the sorted order. */
function stepsOf(sorted: readonly number[]): { from: number; to: number; difference: number }[] {
  const steps: { from: number; to: number; difference: number }[] = [];
  for (const [at, one] of sorted.entries()) {
    const difference = percent(one);
    const last = steps.at(-1);
    if (last !== undefined && last.difference === difference) last.to = at + 1;
    else steps.push({ from: at, to: at + 1, difference });
  }
  if (steps.length <= STEPS) return steps;
  return Array.from({ length: STEPS }, (_, slice) => {
    const [from, to] = [Math.round((slice * sorted.length) / STEPS), Math.round(((slice + 1) * sorted.length) / STEPS)];
    const part = sorted.slice(from, to);
    return { from, to, difference: percent(part.reduce((sum, one) => sum + one, 0) / part.length) };
  });
}

/** Won, tied and lost turns as parts of a bar per system, the counts written in where they fit. */
function winsFigure(pairs: readonly Pair[], baseline: string): Figure {
  const { metrics, names, shown } = axesOf(pairs, 130);
  const left = Math.max(...shown.map((name) => textWidth(name, FONT.label)));
  const columns = metrics.length === 1 ? 1 : 2;
  const width = Math.floor((PAGE - left - 20) / columns) - 14;
  const values = pairs.flatMap(({ system, metric, differences }) => {
    const better = differences.filter((one) => one > 0).length;
    const worse = differences.filter((one) => one < 0).length;
    const n = differences.length;
    const parts = [
      { verdict: "better", turns: better },
      { verdict: "equal", turns: n - better - worse },
      { verdict: "worse", turns: worse },
    ];
    let from = 0;
    return parts.map(({ verdict, turns }) => {
      const [start, end] = [from, (from += (100 * turns) / n)];
      const fits = ((end - start) / 100) * width > textWidth(String(turns), FONT.small) + 4;
      const share = { from: Number(start.toFixed(4)), to: Number(end.toFixed(4)) };
      return {
        panel: metrics.indexOf(metric),
        system: shown[names.indexOf(system)]!,
        verdict,
        turns,
        n,
        ...share,
        text: fits ? String(turns) : "",
      };
    });
  });
  const [base] = shownNames([baseline], PAGE - 60, FONT.small);
  const title = "Turns won and lost";
  const verdicts = { domain: ["better", "equal", "worse"], range: [BETTER, "#d9d9d9", WORSE] };
  return {
    name: "wins",
    title,
    spec: page({
      title,
      subtitle: `share of the turns on which a system scores better than, equal to or worse than ${base}; numbers: turns`,
      values,
      columns,
      panels: metrics.map((metric, panel) => ({
        title: panelTitle(`${metric} (n ${Math.max(...values.filter((value) => value.panel === panel).map(({ n }) => n))})`, {
          width,
          left: panel % columns === 0 ? Math.round(left) : 0,
        }),
        width,
        height: ROW * names.length,
        encoding: {
          y: {
            field: "system",
            type: "nominal",
            scale: { domain: shown, paddingInner: 0.25 },
            axis: { title: null, labels: panel % columns === 0, ticks: false, domain: false, labelPadding: 6 },
          },
        },
        layer: [
          {
            mark: { type: "bar" },
            encoding: {
              x: {
                field: "from",
                type: "quantitative",
                scale: { domain: [0, 100], nice: false },
                axis: { title: "turns (%)", values: [0, 25, 50, 75, 100], grid: false },
              },
              x2: { field: "to" },
              color: { field: "verdict", type: "nominal", scale: verdicts, legend: { ...legendOf(verdicts.domain), symbolType: "square" } },
            },
          },
          {
            transform: [{ calculate: "(datum.from + datum.to) / 2", as: "middle" }],
            mark: { type: "text" },
            encoding: {
              x: { field: "middle", type: "quantitative" },
              text: { field: "text", type: "nominal" },
              color: { condition: { test: "datum.verdict === 'equal'", value: "#1a1a1a" }, value: "white" },
            },
          },
        ],
      })),
    }),
  };
}

function axesOf(pairs: readonly Pair[], limit: number) {
  const names = [...new Set(pairs.map(({ system }) => system))];
  return { metrics: [...new Set(pairs.map(({ metric }) => metric))], names, shown: shownNames(names, limit, FONT.label) };
}

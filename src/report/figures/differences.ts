/** @file Figure: differences to the baseline system turn by turn, sorted. */
import {
  airy,
  BETTER,
  FONT,
  type Figure,
  legendOf,
  PAGE,
  page,
  panelTitle,
  plotWidth,
  percent,
  scalesOf,
  type Spec,
  WORSE,
} from "./figure.ts";
import { axesOf, type Pair } from "./pairs.ts";
import { shownNames } from "./text.ts";

/** More steps than these are finer than a picture's pixels, and many curves need not be so fine: neighbours are averaged. */
const STEPS = 250;
const STEPS_OF_MANY = 100;
const MANY = 5;

/** Two systems: a bar per turn. More: a curve per system. */
export function differencesFigure(pairs: readonly Pair[], baseline: string): Figure {
  const { metrics, names, shown } = axesOf(pairs, PAGE - 70);
  const columns = metrics.length === 1 ? 1 : 2;
  const width = plotWidth(columns);
  const values = pairs.flatMap(({ system, metric, differences }) => {
    const steps = stepsOf(differences, names.length < MANY ? STEPS : STEPS_OF_MANY);
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
          title: panelTitle(`${metric} (n\u00a0${n})`, { width }),
          width,
          height: 110,
          ...(names.length === 1 ? oneSystem(x, y) : manySystems(x, y, shown)),
        };
      }),
    }),
  };
}

function oneSystem(x: Spec, y: Spec): Spec {
  const sign = { condition: { test: "datum.difference > 0", value: BETTER }, value: WORSE };
  return {
    layer: [
      {
        // The stroke closes the hair between neighbours that rounding would leave.
        mark: { type: "rect", strokeWidth: 0.4 },
        encoding: { x, x2: { field: "to" }, y, y2: { datum: 0 }, color: sign, stroke: sign },
      },
      zero(y),
    ],
  };
}

/** The line between better and worse. */
const zero = (y: Spec): Spec => ({
  data: { values: [{ zero: 0 }] },
  mark: { type: "rule", color: "#777" },
  encoding: { y: { ...y, field: "zero" } },
});

function manySystems(x: Spec, y: Spec, names: readonly string[]): Spec {
  const { color, strokeDash } = scalesOf(names);
  const system = { field: "system", type: "nominal" };
  const legend = names.length < 2 ? null : { ...legendOf(names), symbolSize: 350 };
  return {
    layer: [
      zero(y),
      {
        mark: { type: "line", interpolate: "step-after", strokeWidth: 1.5 },
        encoding: { x, y, color: { ...system, scale: color, legend }, strokeDash: { ...system, scale: strokeDash, legend } },
      },
    ],
  };
}

/** Runs of turns with the same difference: from (inclusive) to (exclusive) in the sorted order. */
function stepsOf(sorted: readonly number[], most: number): { from: number; to: number; difference: number }[] {
  const steps: { from: number; to: number; difference: number }[] = [];
  for (const [at, one] of sorted.entries()) {
    const difference = percent(one);
    const last = steps.at(-1);
    if (last !== undefined && last.difference === difference) last.to = at + 1;
    else steps.push({ from: at, to: at + 1, difference });
  }
  if (steps.length <= most) return steps;
  return Array.from({ length: most }, (_, slice) => {
    const [from, to] = [Math.round((slice * sorted.length) / most), Math.round(((slice + 1) * sorted.length) / most)];
    const part = sorted.slice(from, to);
    return { from, to, difference: percent(part.reduce((sum, one) => sum + one, 0) / part.length) };
  });
}

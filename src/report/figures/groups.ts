/** @file Figures of scores by group of turns: curves over turn numbers and lengths, bars over anything else. */
import type { Breakdown } from "../../schema/evaluation.ts";
import { fileName, FONT, type Figure, PAGE, percent } from "./figure.ts";
import { groupBars } from "./group-bars.ts";
import { groupCurves } from "./group-curves.ts";
import type { Row } from "./group-rows.ts";
import { harmless, shortened, shownNames } from "./text.ts";

/** What the axis says of the groups. */
const AXES: Record<string, string> = { turn: "turn number", history: "earlier exchanges in view" };

/** Undefined where no group has a score. */
export function groupsFigure({ by, groups }: Breakdown): Figure | undefined {
  const names = [...new Set(groups.map(({ system }) => system))];
  const metrics = [...new Set(groups.flatMap(({ cells }) => cells.filter(({ value }) => value !== null).map(({ metric }) => metric)))];
  if (metrics.length === 0) return undefined;
  const numbers = groups.every(({ group }) => /^\d{1,9}$/.test(group));
  const shown = shownNames(names, numbers ? PAGE - 70 : PAGE / 2, FONT.label);
  const labels = [...new Set(groups.map(({ group }) => group))];
  const groupNames = new Map(shownNames(labels, 120, FONT.label).map((label, i) => [labels[i]!, label]));
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
  const axis = AXES[by] ?? shortened(harmless(by), 110, FONT.label);
  const what = { axis, names: shown, metrics, rows };
  return {
    name: `by-${fileName(by)}`,
    title,
    spec: numbers ? groupCurves(what, title) : groupBars(what, { title, groups: [...groupNames.values()] }),
  };
}

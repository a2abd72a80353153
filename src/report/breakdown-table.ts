/** @file Scores by group of turns, and retrieval against generation, as tables: scores × 100. */
import type { Breakdown, Consistency } from "../schema/evaluation.ts";
import { bounds } from "./evaluation-table.ts";
import { percent } from "./scores.ts";
import type { Cell, Column, Table } from "./table.ts";

export function breakdownTable({ by, groups }: Breakdown, { intervals }: { intervals: boolean }): Table {
  const labels = [...new Set(groups.flatMap(({ cells }) => cells.map(({ metric }) => metric)))];
  return {
    columns: [left(by), left("system"), right("turns"), ...labels.map(right)],
    rows: groups.map(({ group, system, cells }) => {
      const turns = [...new Set(cells.map(({ n }) => n))].join("/");
      const scores = labels.map((label): Cell => {
        const cell = cells.find(({ metric }) => metric === label);
        if (cell?.value == null) return "–";
        return { text: percent(cell.value), ...(intervals && cell.interval !== undefined && { interval: bounds(cell.interval) }) };
      });
      return [group, system, turns, ...scores];
    }),
    notes: unlikeTurns(groups),
  };
}

/** Judged turns are others than those with references: what the two numbers of `83/86` count, by the example of the first. */
function unlikeTurns(groups: Breakdown["groups"]): string[] {
  const mixed = groups.find(({ cells }) => new Set(cells.map(({ n }) => n)).size > 1);
  if (mixed === undefined) return [];
  const counts = [...new Set(mixed.cells.map(({ n }) => n))];
  const by = counts.map((count) => `${count} of ${mixed.cells.flatMap(({ n, metric }) => (n === count ? [metric] : [])).join(", ")}`);
  return [`turns ${counts.join("/")}: ${by.join("; ")}`];
}

export function consistencyTable(found: readonly Consistency[]): Table {
  const score = (value: number | null): string => (value === null ? "–" : percent(value));
  const r = (value: number | null): string => (value === null ? "–" : value.toFixed(2));
  const [first] = found;
  return {
    columns: [
      left("retrieval against answers"),
      right("turns"),
      right("r"),
      right("rho"),
      right("where found"),
      right("where missed"),
      ...QUADRANTS.map(([title]) => right(title)),
    ],
    rows: found.map((one) => [
      one.system,
      String(one.n),
      r(one.pearson),
      r(one.spearman),
      score(one.answer_where_found),
      score(one.answer_where_missed),
      ...QUADRANTS.map(([, key]) => String(one.quadrants[key])),
    ]),
    notes: [
      `r, rho: Pearson's and Spearman's correlation of ${first?.retrieval} and ${first?.answer} over turns; found: ${first?.retrieval} above 0, good: ${first?.answer} of 50 or more`,
    ],
  };
}

const QUADRANTS = [
  ["found, good", "found_and_good"],
  ["found, poor", "found_and_poor"],
  ["missed, good", "missed_and_good"],
  ["missed, poor", "missed_and_poor"],
] as const;

const left = (title: string): Column => ({ title, align: "left" });
const right = (title: string): Column => ({ title, align: "right" });

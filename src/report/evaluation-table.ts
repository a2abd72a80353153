/** @file An evaluation as one table: systems down, metrics across, scores × 100. */
import type { Cell, Comparison, Evaluation } from "../schema/evaluation.ts";
import type { Table } from "./table.ts";

const SIGNIFICANT = 0.05;

/** `intervals: false` leaves the brackets out. */
export function evaluationTable(evaluation: Evaluation, { intervals }: { intervals: boolean }): Table {
  const { metrics, systems, comparisons } = evaluation;
  const rows = systems.map(({ name, cells }) => [
    name,
    ...metrics.map(({ label, count }) => {
      const cell = cells.find(({ metric }) => metric === label);
      if (cell === undefined) return "–";
      return formatCell(cell, { count, intervals, mark: mark(comparisons, name, label) });
    }),
  ]);
  return {
    columns: [{ title: "", align: "left" }, ...metrics.map(({ label }) => ({ title: label, align: "right" as const }))],
    rows,
    notes: notes(evaluation, intervals),
  };
}

function formatCell({ value, interval }: Cell, how: { count: boolean; intervals: boolean; mark: string }): string {
  if (value === null) return "n/a";
  if (how.count) return String(value);
  const brackets = how.intervals && interval !== undefined ? ` [${percent(interval[0])}, ${percent(interval[1])}]` : "";
  return `${percent(value)}${how.mark}${brackets}`;
}

export function percent(score: number): string {
  return (100 * score).toFixed(1);
}

/** A star where a system differs from the baseline system after Holm's correction. */
function mark(comparisons: readonly Comparison[], system: string, metric: string): string {
  const found = comparisons.find((comparison) => comparison.system === system && comparison.metric === metric);
  return found?.holm_p != null && found.holm_p < SIGNIFICANT ? "*" : "";
}

function notes({ metrics, systems, comparisons, protocol }: Evaluation, intervals: boolean): string[] {
  const lines = [
    `scores × 100; ${Object.entries(protocol)
      .map(([key, value]) => `${key} ${value}`)
      .join(", ")}`,
  ];
  if (intervals && systems.some(({ cells }) => cells.some(({ interval }) => interval !== undefined)))
    lines.push("[low, high]: 95 % bootstrap interval over turns");
  const starred = comparisons.filter(({ holm_p }) => holm_p !== null && holm_p < SIGNIFICANT);
  if (starred.length > 0)
    lines.push(`*: differs from ${starred[0]!.baseline}, paired randomisation test with Holm's correction, p < ${SIGNIFICANT}`);
  for (const { label } of metrics) {
    const cell = systems.flatMap(({ cells }) => cells).find(({ metric, value }) => metric === label && value === null);
    if (cell !== undefined) lines.push(`n/a: ${label}: ${cell.reason}`);
  }
  return lines;
}

/** @file An evaluation as one table: systems down, metrics across, scores × 100. */
import type { Cell, Comparison, Evaluation } from "../schema/evaluation.ts";
import { emphasised, percent } from "./scores.ts";
import type { ScoreCell, Table } from "./table.ts";

const SIGNIFICANT = 0.05;

/** `intervals: false` leaves the brackets out. */
export function evaluationTable(evaluation: Evaluation, { intervals }: { intervals: boolean }): Table {
  const { metrics, systems, comparisons } = evaluation;
  const scores = metrics.map(({ label, count, higher_is_better }) => {
    const found = systems.map(({ cells }) => cells.find(({ metric }) => metric === label));
    const cells = found.map((cell, s) => scoreOf(cell, { count, intervals, marks: mark(comparisons, systems[s]!.name, label) }));
    if (count) return cells;
    return emphasised(cells, { scores: found.map((cell) => cell?.value ?? null), higherIsBetter: higher_is_better });
  });
  return {
    columns: [{ title: "", align: "left" }, ...metrics.map(({ label }) => ({ title: label, align: "right" as const }))],
    rows: systems.map(({ name }, s) => [name, ...scores.map((column) => column[s]!)]),
    notes: notes(evaluation, intervals),
  };
}

function scoreOf(cell: Cell | undefined, how: { count: boolean; intervals: boolean; marks: string | undefined }): ScoreCell {
  if (cell === undefined) return { text: "–" };
  if (cell.value === null) return { text: "n/a" };
  if (how.count) return { text: String(cell.value) };
  return {
    text: percent(cell.value),
    ...(how.marks !== undefined && { marks: how.marks }),
    ...(how.intervals && cell.interval !== undefined && { interval: bounds(cell.interval) }),
  };
}

export function bounds([low, high]: readonly [number, number]): string {
  return `${percent(low)}, ${percent(high)}`;
}

/** A star where a system differs from the baseline system after Holm's correction. */
function mark(comparisons: readonly Comparison[], system: string, metric: string): string | undefined {
  const found = comparisons.find((comparison) => comparison.system === system && comparison.metric === metric);
  return found?.holm_p != null && found.holm_p < SIGNIFICANT ? "*" : undefined;
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

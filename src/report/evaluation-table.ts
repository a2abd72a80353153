/** @file An evaluation as one table: systems down, metrics across, scores × 100. */
import type { Cell, Evaluation } from "../schema/evaluation.ts";
import { markNotes, marksOf, shortened } from "./marks.ts";
import { emphasised, percent, signed } from "./scores.ts";
import type { Column, ScoreCell, Table } from "./table.ts";

/** `intervals: false` leaves the brackets out. */
export function evaluationTable(evaluation: Evaluation, { intervals }: { intervals: boolean }): Table {
  const { metrics, systems, delta } = evaluation;
  const marks = marksOf(evaluation);
  const scores = metrics.map(({ label, count, higher_is_better }) => {
    const found = systems.map(({ cells }) => cells.find(({ metric }) => metric === label));
    const cells = found.map((cell, s) => {
      const { name } = systems[s]!;
      return scoreOf(cell, { count, intervals, marks: shortened(marks(name, label)), base: delta?.scores[name]?.[label] });
    });
    if (count) return cells;
    return emphasised(cells, { scores: found.map((cell) => cell?.value ?? null), higherIsBetter: higher_is_better });
  });
  const letters = systems.some(({ letter }) => letter !== undefined);
  const names: Column[] = [...(letters ? [{ title: "", align: "left" as const }] : []), { title: "", align: "left" }];
  return {
    columns: [...names, ...metrics.map(({ label }) => ({ title: label, align: "right" as const }))],
    rows: systems.map(({ name, letter = "" }, s) => [...(letters ? [letter] : []), name, ...scores.map((column) => column[s]!)]),
    notes: notes(evaluation, intervals),
  };
}

function scoreOf(cell: Cell | undefined, how: { count: boolean; intervals: boolean; marks: string; base: number | undefined }): ScoreCell {
  if (cell === undefined) return { text: "–" };
  if (cell.value === null) return { text: "n/a" };
  const { value } = cell;
  const write = how.count ? (change: number) => `${change > 0 ? "+" : ""}${change}` : signed;
  return {
    text: how.count ? String(value) : percent(value),
    ...(how.base !== undefined && { delta: write(value - how.base) }),
    ...(how.marks !== "" && { marks: how.marks }),
    ...(how.intervals && cell.interval !== undefined && { interval: bounds(cell.interval) }),
  };
}

export function bounds([low, high]: readonly [number, number]): string {
  return `${percent(low)}, ${percent(high)}`;
}

function deltaNote({ delta }: Evaluation): string[] {
  if (delta === undefined) return [];
  const unlike = delta.unlike.length === 0 ? "" : `; not measured alike: ${delta.unlike.join("; ")}`;
  return [`(+1.0): change from ${delta.from}${unlike}`];
}

/** What a reader must know to read the numbers, as one line. */
export function protocolNote({ protocol }: Pick<Evaluation, "protocol">): string {
  return Object.entries(protocol)
    .map(([key, value]) => `${key} ${value}`)
    .join(", ");
}

function notes(evaluation: Evaluation, intervals: boolean): string[] {
  const { metrics, systems } = evaluation;
  const lines = [`scores × 100; ${protocolNote(evaluation)}`];
  if (intervals && systems.some(({ cells }) => cells.some(({ interval }) => interval !== undefined)))
    lines.push("[low, high]: 95 % bootstrap interval over turns");
  lines.push(...markNotes(evaluation), ...deltaNote(evaluation));
  for (const { label } of metrics) {
    const cell = systems.flatMap(({ cells }) => cells).find(({ metric, value }) => metric === label && value === null);
    if (cell !== undefined) lines.push(`n/a: ${label}: ${cell.reason}`);
  }
  return lines;
}

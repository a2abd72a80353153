/** @file Published numbers beside ours: scores × 100, and how far we are from each. */
import type { Against, Evaluation } from "../schema/evaluation.ts";
import { decimals, signedDecimals } from "./scores.ts";
import type { Cell, Table } from "./table.ts";

/** A score of ours that was not measured on the paper's turns, and a score that the paper calls significant. */
export const OTHER_TURNS = "≠";
export const MARKED = "†";
export const NOT_THEIRS = "not the paper's turns";
export const MARKED_NOTE = `${MARKED} significant in the paper`;

/** Ours first, then the paper's rows; in brackets ours minus theirs, for the first of our systems. */
export function againstTable({ systems, metrics }: Evaluation, against: Against): Table {
  const { name, source, digits, rows, absent = [], split, contradictions } = against;
  const reported = metrics.map(({ label }) => label).filter((label) => rows.some(({ scores }) => label in scores));
  const labels = [...reported, ...absent.map(({ metric }) => metric)];
  const [first] = systems;
  const ours = (label: string): number | null => first?.cells.find(({ metric }) => metric === label)?.value ?? null;
  const beside = ({ scores, change, significant }: Against["rows"][number], label: string): Cell => {
    const theirs = scores[label];
    if (theirs === undefined) return "–";
    if (change) return signedDecimals(theirs, digits);
    const own = ours(label);
    return {
      text: decimals(theirs, digits),
      ...(significant.includes(label) && { marks: MARKED }),
      ...(own !== null && { delta: signedDecimals(own - theirs, digits) }),
    };
  };
  return {
    columns: [
      { title: "", align: "left" },
      { title: "from", align: "left" },
      ...labels.map((label) => ({ title: label, align: "right" as const })),
    ],
    rows: [
      ...systems.map(({ name: system, cells }) => [
        system,
        "ours",
        ...labels.map((label) => {
          const value = cells.find(({ metric }) => metric === label)?.value;
          return value == null ? "–" : { text: decimals(value, digits), ...(split !== undefined && { marks: OTHER_TURNS }) };
        }),
      ]),
      ...rows.map((row) => [row.system, `${row.table}, ${row.group}`, ...labels.map((label) => beside(row, label))]),
    ],
    notes: [
      `${name}: ${source}; in brackets: ${first?.name ?? "ours"} minus theirs`,
      ...(rows.some(({ significant }) => significant.length > 0) ? [MARKED_NOTE] : []),
      ...(split === undefined ? [] : [`${OTHER_TURNS} ${NOT_THEIRS}: ${split}`]),
      ...absentNotes(absent),
      ...contradictions.map((text) => `the paper contradicts itself: ${text}`),
    ],
  };
}

/** Why ours is a dash; metrics that lack for the same reason together. */
export function absentNotes(absent: NonNullable<Against["absent"]>): string[] {
  return [...new Set(absent.map(({ reason }) => reason))].map((reason) => {
    const metrics = absent.filter((one) => one.reason === reason).map(({ metric }) => metric);
    return `–: ${metrics.join(", ")}: ${reason}`;
  });
}

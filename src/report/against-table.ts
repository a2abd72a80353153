/** @file Published numbers beside ours: scores × 100, and how far we are from each. */
import type { Against, Evaluation } from "../schema/evaluation.ts";
import { percent, signed } from "./scores.ts";
import type { Cell, Table } from "./table.ts";

/** Ours first, then the paper's rows; in brackets ours minus theirs, for the first of our systems. */
export function againstTable({ systems, metrics }: Evaluation, { name, source, rows, split, contradictions }: Against): Table {
  const labels = metrics.map(({ label }) => label).filter((label) => rows.some(({ scores }) => label in scores));
  const [first] = systems;
  const ours = (label: string): number | null => first?.cells.find(({ metric }) => metric === label)?.value ?? null;
  const beside = (label: string, theirs: number | undefined): Cell => {
    if (theirs === undefined) return "–";
    const own = ours(label);
    return { text: percent(theirs), ...(own !== null && { delta: signed(own - theirs) }) };
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
          return value == null ? "–" : percent(value);
        }),
      ]),
      ...rows.map(({ table, group, system, scores }) => [
        system,
        `${table}, ${group}`,
        ...labels.map((label) => beside(label, scores[label])),
      ]),
    ],
    notes: [
      `${name}: ${source}; in brackets: ${first?.name ?? "ours"} minus theirs`,
      ...(split === undefined ? [] : [`another split than the paper's: ${split}`]),
      ...contradictions.map((text) => `the paper contradicts itself: ${text}`),
    ],
  };
}

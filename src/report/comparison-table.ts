/** @file Two evaluations side by side: a row per system and metric, scores × 100. */
import type { Change } from "../schema/change.ts";
import { percent, pValue, signed } from "./scores.ts";
import type { Table } from "./table.ts";

export function comparisonTable(changes: readonly Change[]): Table {
  const score = (value: number | null): string => (value === null ? "–" : percent(value));
  // Of two suites: a column more.
  const several = changes.some(({ dataset }) => dataset !== undefined);
  return {
    columns: [
      ...(several ? [{ title: "dataset", align: "left" as const }] : []),
      { title: "system", align: "left" },
      { title: "metric", align: "left" },
      { title: "base", align: "right" },
      { title: "new", align: "right" },
      { title: "change", align: "right" },
      { title: "p", align: "right" },
      { title: "turns", align: "right" },
    ],
    rows: changes.map(({ dataset, system, metric, base, new: now, p, n }) => [
      ...(several ? [dataset ?? ""] : []),
      system,
      metric,
      score(base),
      score(now),
      base === null || now === null ? "–" : signed(now - base),
      pValue(p),
      n[0] === n[1] ? String(n[0]) : n.join("/"),
    ]),
    notes: ["scores × 100; p: two-sided paired randomisation test over the turns both scored, where scores.jsonl is at hand"],
  };
}

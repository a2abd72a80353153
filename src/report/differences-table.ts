/** @file Differences between systems with their tests: each from the baseline system, or all pairs under a metric. */
import type { Comparison, Evaluation } from "../schema/evaluation.ts";
import { pValue, signed } from "./scores.ts";
import type { Cell, Table } from "./table.ts";

export function differencesTable(comparisons: readonly Comparison[]): Table {
  return {
    columns: [
      { title: "metric", align: "left" },
      { title: "system", align: "left" },
      { title: "against", align: "left" },
      { title: "turns", align: "right" },
      { title: "difference", align: "right" },
      { title: "effect size", align: "right" },
      { title: "randomisation p", align: "right" },
      { title: "Holm p", align: "right" },
      { title: "t-test p", align: "right" },
    ],
    rows: comparisons.map((c) => [
      c.metric,
      c.system,
      c.baseline,
      String(c.n),
      signed(c.difference),
      c.effect_size === null ? "–" : c.effect_size.toFixed(2),
      pValue(c.randomisation_p),
      pValue(c.holm_p),
      pValue(c.t_p),
    ]),
  };
}

/** Row minus column under one metric, starred where the test finds a difference. Every system is a row and, by its letter, a column. */
export function pairsTable({ systems, comparisons, significance }: Evaluation, metric: string): Table {
  const tested = comparisons.filter((one) => one.metric === metric);
  const named = systems.filter(({ name }) => tested.some(({ system, baseline }) => system === name || baseline === name));
  const cell = (row: string, column: string): Cell => {
    const found = tested.find(({ system, baseline }) => (system === row && baseline === column) || (system === column && baseline === row));
    if (found === undefined) return "";
    const finding = found.holm_p !== null && found.holm_p < (significance?.level ?? 0);
    return { text: signed(found.system === row ? found.difference : -found.difference), ...(finding && { marks: "*" }) };
  };
  return {
    columns: [
      { title: "", align: "left" },
      { title: `row minus column, ${metric}`, align: "left" },
      ...named.map(({ letter = "" }) => ({ title: letter, align: "right" as const })),
    ],
    rows: named.map((row) => [row.letter ?? "", row.name, ...named.map((column) => cell(row.name, column.name))]),
  };
}

/** @file Each system against the baseline system, metric by metric, with its tests. */
import type { Comparison } from "../schema/evaluation.ts";
import { signed } from "./scores.ts";
import type { Table } from "./table.ts";

export function differencesTable(comparisons: readonly Comparison[]): Table {
  const p = (value: number | null) => (value === null ? "–" : value < 0.0001 ? "< 0.0001" : value.toFixed(4));
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
      p(c.randomisation_p),
      p(c.holm_p),
      p(c.t_p),
    ]),
  };
}

/** @file report.md of an evaluation: the table, the tests, what to know, and how it was made. */
import type { Evaluation } from "../schema/evaluation.ts";
import { againstTable } from "./against-table.ts";
import { breakdownTable, consistencyTable } from "./breakdown-table.ts";
import { evaluationTable, percent } from "./evaluation-table.ts";
import { escapeMarkdown, markdownTable } from "./table.ts";

export function evaluationReport(evaluation: Evaluation, inputs: readonly { path: string; sha256: string }[]): string {
  const sections = [
    "# Evaluation",
    markdownTable(evaluationTable(evaluation, { intervals: true })),
    ...(evaluation.against === undefined ? [] : ["## Published numbers", markdownTable(againstTable(evaluation, evaluation.against))]),
    ...evaluation.breakdowns.flatMap((one) => [`## By ${escapeMarkdown(one.by)}`, markdownTable(breakdownTable(one, { intervals: true }))]),
    ...(evaluation.consistency.length > 0 ? ["## Retrieval against answers", markdownTable(consistencyTable(evaluation.consistency))] : []),
    ...(evaluation.comparisons.length > 0 ? ["## Differences", comparisonTable(evaluation)] : []),
    ...(evaluation.warnings.length > 0 ? ["## Warnings", evaluation.warnings.map((text) => `- ${escapeMarkdown(text)}`).join("\n")] : []),
    "## Inputs",
    inputs.map(({ path, sha256 }) => `- ${escapeMarkdown(path)} (sha256 ${sha256.slice(0, 16)}…)`).join("\n"),
  ];
  return `${sections.join("\n\n")}\n`;
}

function comparisonTable({ comparisons }: Evaluation): string {
  const p = (value: number | null) => (value === null ? "–" : value < 0.0001 ? "< 0.0001" : value.toFixed(4));
  return markdownTable({
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
      `${c.difference < 0 ? "" : "+"}${percent(c.difference)}`,
      c.effect_size === null ? "–" : c.effect_size.toFixed(2),
      p(c.randomisation_p),
      p(c.holm_p),
      p(c.t_p),
    ]),
  });
}

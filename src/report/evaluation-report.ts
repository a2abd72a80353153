/** @file report.md of an evaluation: the tables, what to know, and how it was made. */
import type { Evaluation } from "../schema/evaluation.ts";
import { sectionsOf } from "./sections.ts";
import { escapeMarkdown, markdownTable } from "./table.ts";

export function evaluationReport(evaluation: Evaluation, inputs: readonly { path: string; sha256: string }[]): string {
  const [first, ...others] = sectionsOf(evaluation);
  const parts = [
    `# ${first!.title}`,
    markdownTable(first!.table),
    ...others.flatMap(({ title, table }) => [`## ${escapeMarkdown(title)}`, markdownTable(table)]),
    ...(evaluation.warnings.length > 0 ? ["## Warnings", evaluation.warnings.map((text) => `- ${escapeMarkdown(text)}`).join("\n")] : []),
    "## Inputs",
    inputs.map(({ path, sha256 }) => `- ${escapeMarkdown(path)} (sha256 ${sha256.slice(0, 16)}…)`).join("\n"),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** @file report.md of an evaluation: the tables, what to know, and how it was made. */
import type { Evaluation } from "../schema/evaluation.ts";
import type { Page } from "./html-report.ts";
import { escapeMarkdown, markdownTable } from "./markdown-table.ts";
import { sectionsOf } from "./sections.ts";

export function evaluationReport(evaluation: Evaluation, inputs: readonly { path: string; sha256: string }[]): string {
  return markdownPage({ sections: sectionsOf(evaluation), warnings: evaluation.warnings, inputs });
}

export function markdownPage({ sections, warnings, inputs }: Omit<Page, "verdicts" | "figures">): string {
  const [first, ...others] = sections;
  const parts = [
    `# ${first!.title}`,
    markdownTable(first!.table),
    ...others.flatMap(({ title, table }) => [`## ${escapeMarkdown(title)}`, markdownTable(table)]),
    ...(warnings.length > 0 ? ["## Warnings", warnings.map((text) => `- ${escapeMarkdown(text)}`).join("\n")] : []),
    "## Inputs",
    inputs.map(({ path, sha256 }) => `- ${escapeMarkdown(path)} (sha256 ${sha256.slice(0, 16)}…)`).join("\n"),
  ];
  return `${parts.join("\n\n")}\n`;
}

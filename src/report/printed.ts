/** @file Sections on stdout: aligned for a terminal or a file of text, as Markdown, or as LaTeX. */
import { LATEX_PREAMBLE, latexTable } from "./latex-table.ts";
import { escapeMarkdown, markdownTable } from "./markdown-table.ts";
import type { Section } from "./sections.ts";
import { printable } from "./table.ts";
import { terminalTable, type TerminalStyle } from "./terminal-table.ts";

/** The forms in which tables are printed. */
export type PrintedFormat = "table" | "markdown" | "latex";

export interface PrintedStyle extends TerminalStyle {
  /** Several tables need their titles. */
  titled?: boolean;
}

/** Details are for reports. */
export function printed(sections: readonly Section[], format: PrintedFormat, { titled = false, ...style }: PrintedStyle = {}): string {
  const shown = sections.filter(({ detail }) => detail !== true);
  if (format === "latex") return [LATEX_PREAMBLE, ...shown.map(({ title, table }) => latexTable(title, table))].join("\n\n");
  const head = (title: string): string => (format === "markdown" ? `### ${escapeMarkdown(title)}\n\n` : `${printable(title)}\n`);
  const body = ({ table }: Section): string => (format === "markdown" ? markdownTable(table) : terminalTable(table, style));
  return shown.map((section) => `${titled ? head(section.title) : ""}${body(section)}`).join("\n\n");
}

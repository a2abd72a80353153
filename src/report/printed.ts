/** @file Sections on stdout: aligned for a terminal or a file of text, or Markdown. */
import { markdownTable } from "./markdown-table.ts";
import type { Section } from "./sections.ts";
import { terminalTable, type TerminalStyle } from "./terminal-table.ts";

/** The forms in which tables are printed. */
export type PrintedFormat = "table" | "markdown";

/** Details are for reports. */
export function printed(sections: readonly Section[], format: PrintedFormat, style: TerminalStyle = {}): string {
  const shown = sections.filter(({ detail }) => detail !== true).map(({ table }) => table);
  return shown.map((table) => (format === "markdown" ? markdownTable(table) : terminalTable(table, style))).join("\n\n");
}

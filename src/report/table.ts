/** @file Plain tables: aligned for a terminal, or Markdown. */

export interface Column {
  title: string;
  /** Numbers stand right. */
  align: "left" | "right";
}

export interface Table {
  columns: readonly Column[];
  rows: readonly (readonly string[])[];
  /** Lines under the table. */
  notes?: readonly string[];
}

/** Columns two spaces apart, a rule under the titles. */
export function terminalTable({ columns, rows, notes = [] }: Table): string {
  const cells = rows.map((row) => row.map(printable));
  const widths = columns.map(({ title }, c) => Math.max(width(title), ...cells.map((row) => width(row[c] ?? ""))));
  const line = (row: readonly string[]) =>
    columns
      .map(({ align }, c) => pad(row[c] ?? "", widths[c]!, align))
      .join("  ")
      .trimEnd();
  const rule = "─".repeat(widths.reduce((sum, each) => sum + each, 2 * (columns.length - 1)));
  return [line(columns.map(({ title }) => title)), rule, ...cells.map(line), ...notes.map(printable)].join("\n");
}

/** GitHub's tables; notes as a list below. */
export function markdownTable({ columns, rows, notes = [] }: Table): string {
  const line = (row: readonly string[]) => `| ${columns.map((_, c) => escapeMarkdown(row[c] ?? "")).join(" | ")} |`;
  const lines = [
    line(columns.map(({ title }) => title)),
    `| ${columns.map(({ align }) => (align === "right" ? "---:" : "---")).join(" | ")} |`,
    ...rows.map(line),
  ];
  return notes.length === 0 ? lines.join("\n") : [...lines, "", ...notes.map((note) => `- ${escapeMarkdown(note)}`)].join("\n");
}

export function escapeMarkdown(text: string): string {
  return printable(text).replace(/[\\`*_[\]<>|#]/g, (character) => `\\${character}`);
}

/** Names come from data: control and format characters could repaint a terminal, so they are shown as their code. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

function pad(text: string, size: number, align: Column["align"]): string {
  const space = " ".repeat(Math.max(0, size - width(text)));
  return align === "right" ? space + text : text + space;
}

/** Terminal cells: wide East Asian letters and emoji take two, combining marks none. */
function width(text: string): number {
  let cells = 0;
  for (const character of text) cells += /\p{M}/u.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return cells;
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** @file A table in GitHub's Markdown: the best of a column bold, marks raised, notes as a list below. */
import { beside, type Cell, printable, scoreCell, type Table } from "./table.ts";

export function markdownTable({ columns, rows, notes = [] }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const lines = [
    line(columns.map(({ title, group }) => escapeMarkdown(group === undefined ? title : `${group} ${title}`))),
    line(columns.map(({ align }) => (align === "right" ? "---:" : "---"))),
    ...rows.map((row) => line(columns.map((_, c) => markdownCell(row[c])))),
  ];
  return notes.length === 0 ? lines.join("\n") : [...lines, "", ...notes.map((note) => `- ${escapeMarkdown(note)}`)].join("\n");
}

function markdownCell(given: Cell | undefined): string {
  const cell = scoreCell(given);
  const score = escapeMarkdown(cell.text);
  const marks = cell.marks === undefined ? "" : `<sup>${escapeMarkdown(cell.marks)}</sup>`;
  return [`${EMPHASISE[cell.emphasis ?? "none"](score)}${marks}`, ...beside(cell).map(escapeMarkdown)].join(" ");
}

const EMPHASISE = {
  best: (text: string) => `**${text}**`,
  second: (text: string) => `<ins>${text}</ins>`,
  none: (text: string) => text,
};

export function escapeMarkdown(text: string): string {
  return printable(text).replace(/[\\`*_[\]<>|#]/g, (character) => `\\${character}`);
}

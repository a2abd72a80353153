/** @file A table in HTML: the best of a column bold, the second underlined, marks raised, notes as a list below. */
import { beside, type Cell, type Column, headings, printable, scoreCell, type Table } from "./table.ts";

export function htmlTable({ columns, rows, notes = [] }: Table): string {
  const row = (cells: readonly string[]): string => `<tr>${cells.join("")}</tr>`;
  const titles = row(columns.map((column) => `<th${aligned(column)}>${escapeHtml(column.title)}</th>`));
  const body = rows.map((cells) => row(columns.map((column, c) => `<td${aligned(column)}>${htmlCell(cells[c])}</td>`)));
  const below = notes.length > 0 ? `\n<ul class="notes">${notes.map((note) => `<li>${escapeHtml(note)}</li>`).join("")}</ul>` : "";
  return `<div class="wide"><table>\n<thead>${groupRow(columns)}${titles}</thead>\n<tbody>\n${body.join("\n")}\n</tbody>\n</table></div>${below}`;
}

const aligned = ({ align }: Column): string => (align === "right" ? ' class="right"' : "");

function groupRow(columns: readonly Column[]): string {
  if (columns.every(({ group }) => group === undefined)) return "";
  const cells = headings(columns).map(({ group, span }) =>
    group === undefined ? "<td></td>" : `<th colspan="${span}" class="group">${escapeHtml(group)}</th>`,
  );
  return `<tr>${cells.join("")}</tr>`;
}

function htmlCell(given: Cell | undefined): string {
  const cell = scoreCell(given);
  const marks = cell.marks === undefined ? "" : `<sup>${escapeHtml(cell.marks)}</sup>`;
  return [`${EMPHASISE[cell.emphasis ?? "none"](escapeHtml(cell.text))}${marks}`, ...beside(cell).map(escapeHtml)].join(" ");
}

const EMPHASISE = {
  best: (text: string) => `<b>${text}</b>`,
  second: (text: string) => `<u>${text}</u>`,
  none: (text: string) => text,
};

/** Names and texts come from data. */
export function escapeHtml(text: string): string {
  const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return printable(text).replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** @file A table for a terminal: aligned columns, cut into blocks where it is wider than the screen. */
import { beside, type Column, type Emphasis, headings, printable, scoreCell, type ScoreCell, type Table } from "./table.ts";

export interface TerminalStyle {
  /** Cells across; a wider table continues below, its first columns repeated. Default: as wide as it comes. */
  width?: number;
  /** Shows the best score of a column. Default: as any other. */
  paint?: (text: string, emphasis: Emphasis) => string;
}

const GAP = "  ";

/** Columns two spaces apart, a rule under the titles; scores stand decimal under decimal, whatever follows them. */
export function terminalTable({ columns, rows, notes = [] }: Table, style: TerminalStyle = {}): string {
  const cells = rows.map((row) => columns.map((_, c) => laidOut(scoreCell(row[c]))));
  const grids = columns.map(({ align }, c) =>
    grid(
      cells.map((row) => row[c]!),
      align,
    ),
  );
  const columnWidths = columns.map(({ title }, c) => Math.max(width(printable(title)), grids[c]!.width));
  const lines = blocks(columns, columnWidths, style.width).map((block) => {
    const widths = roomForHeadings(columns, columnWidths, block);
    const line = (texts: readonly string[]): string => texts.join(GAP).trimEnd();
    const body = cells.map((row, r) =>
      line(block.map((c, i) => justified(grids[c]!.texts[r]!, { ...place(columns, c, widths[i]!), paint: painter(row[c]!, style) }))),
    );
    const titles = line(block.map((c, i) => justified(printable(columns[c]!.title), place(columns, c, widths[i]!))));
    const rule = "─".repeat(widths.reduce((sum, each) => sum + each, GAP.length * (block.length - 1)));
    return [...headingLine(columns, block, widths), titles, rule, ...body].join("\n");
  });
  return [lines.join("\n\n"), ...notes.map((note) => wrapped(printable(note), style.width))].join("\n");
}

interface LaidOut {
  emphasis: Emphasis | undefined;
  score: string;
  marks: string;
  beside: string[];
}

/** Letters need a sign that they are raised; `*` does not. */
function laidOut(cell: ScoreCell): LaidOut {
  const marks = cell.marks ?? "";
  return {
    emphasis: cell.emphasis,
    score: printable(cell.text),
    marks: printable(/^\p{L}/u.test(marks) ? `^${marks}` : marks),
    beside: beside(cell).map(printable),
  };
}

/** The texts of one column: scores right, what follows them left, each part as wide as its widest. */
function grid(cells: readonly LaidOut[], align: Column["align"]): { texts: string[]; width: number } {
  const widest = (part: (cell: LaidOut) => string): number => cells.reduce((most, cell) => Math.max(most, width(part(cell))), 0);
  const besides = Array.from({ length: Math.max(0, ...cells.map((cell) => cell.beside.length)) }, (_, i) => i);
  const sizes = {
    score: widest(({ score }) => score),
    marks: widest(({ marks }) => marks),
    beside: besides.map((i) => widest((cell) => cell.beside[i] ?? "")),
  };
  const texts = cells.map((cell) =>
    [
      pad(cell.score, sizes.score, align) + pad(cell.marks, sizes.marks, "left"),
      ...besides.map((i) => pad(cell.beside[i] ?? "", sizes.beside[i]!, "left")),
    ].join(" "),
  );
  return { texts, width: Math.max(0, ...texts.map(width)) };
}

/** The columns of each block: all of them, or as many as fit beside the columns that name the row. */
function blocks(columns: readonly Column[], widths: readonly number[], limit: number | undefined): number[][] {
  const all = columns.map((_, c) => c);
  const right = columns.findIndex(({ align }) => align === "right");
  const names = right < 1 ? all.slice(0, 1) : all.slice(0, right);
  const size = (block: readonly number[]): number => block.reduce((sum, c) => sum + widths[c]! + GAP.length, -GAP.length);
  if (limit === undefined || size(all) <= limit) return [all];
  const out: number[][] = [];
  for (const c of all.slice(names.length)) {
    const last = out.at(-1);
    if (last !== undefined && size([...last, c]) <= limit) last.push(c);
    else out.push([...names, c]);
  }
  return out.length === 0 ? [all] : out;
}

/** Widths of a block's columns; a heading that is wider than its columns widens the last of them. */
function roomForHeadings(columns: readonly Column[], widths: readonly number[], block: readonly number[]): number[] {
  const out = block.map((c) => widths[c]!);
  let at = 0;
  for (const { group, span } of headings(block.map((c) => columns[c]!))) {
    const room = out.slice(at, at + span).reduce((sum, each) => sum + each, GAP.length * (span - 1));
    at += span;
    if (group !== undefined) out[at - 1]! += Math.max(0, width(printable(group)) - room);
  }
  return out;
}

function headingLine(columns: readonly Column[], block: readonly number[], widths: readonly number[]): string[] {
  if (block.every((c) => columns[c]!.group === undefined)) return [];
  let at = 0;
  const texts = headings(block.map((c) => columns[c]!)).map(({ group, span }) => {
    const room = widths.slice(at, at + span).reduce((sum, each) => sum + each, GAP.length * (span - 1));
    at += span;
    return pad(printable(group ?? ""), room, "right");
  });
  return [texts.join(GAP).trimEnd()];
}

const place = (columns: readonly Column[], c: number, size: number) => ({ align: columns[c]!.align, size });

function painter({ emphasis }: LaidOut, { paint }: TerminalStyle): ((text: string) => string) | undefined {
  return emphasis === undefined || paint === undefined ? undefined : (text) => paint(text, emphasis);
}

/** Paints the text, not the space around it. */
function justified(
  text: string,
  { align, size, paint }: { align: Column["align"]; size: number; paint?: ((text: string) => string) | undefined },
): string {
  const padded = pad(text, size, align);
  if (paint === undefined) return padded;
  const inner = padded.trim();
  const start = padded.indexOf(inner);
  return padded.slice(0, start) + paint(inner) + padded.slice(start + inner.length);
}

function pad(text: string, size: number, align: Column["align"]): string {
  const space = " ".repeat(Math.max(0, size - width(text)));
  return align === "right" ? space + text : text + space;
}

function wrapped(text: string, limit: number | undefined): string {
  if (limit === undefined) return text;
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && width(`${last} ${word}`) <= limit) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(lines.length === 0 ? word : `  ${word}`);
  }
  return lines.join("\n");
}

/** Terminal cells: wide East Asian letters and emoji take two, combining marks none. */
function width(text: string): number {
  let cells = 0;
  for (const character of text) cells += /\p{M}/u.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return cells;
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

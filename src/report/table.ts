/** @file A table, whatever it is printed as: columns, and cells of text or of a score with what stands beside it. */

export interface Column {
  title: string;
  /** Numbers stand right. Left columns at the beginning name the row: they are repeated where a table is cut to the width of a terminal. */
  align: "left" | "right";
  /** A heading over neighbouring columns: a dataset over its metrics. */
  group?: string;
}

/** A score with what stands beside it. */
export interface ScoreCell {
  /** The score as printed, or why there is none: `45.2`, `–`, `n/a`. */
  text: string;
  /** Superscript: the letters of the systems it is better than, or `*`. */
  marks?: string;
  /** The change since somewhere else, with its sign: `+1.3`. */
  delta?: string;
  /** Ends of an interval: `41.0, 59.4`. */
  interval?: string;
  emphasis?: Emphasis;
}

export type Emphasis = "best" | "second";
/** Text alone, or a score. */
export type Cell = string | ScoreCell;

export interface Table {
  columns: readonly Column[];
  /** A row may be shorter than the columns: the rest is blank. */
  rows: readonly (readonly Cell[])[];
  /** Lines under the table. */
  notes?: readonly string[];
}

export function scoreCell(cell: Cell | undefined): ScoreCell {
  return cell === undefined ? { text: "" } : typeof cell === "string" ? { text: cell } : cell;
}

/** What follows the score in every form of a table: the change in round brackets, the interval in square ones. */
export function beside({ delta, interval }: ScoreCell): string[] {
  return [...(delta === undefined ? [] : [`(${delta})`]), ...(interval === undefined ? [] : [`[${interval}]`])];
}

/** Neighbouring columns under one heading; undefined where they have none. */
export function headings(columns: readonly Column[]): { group: string | undefined; span: number }[] {
  const out: { group: string | undefined; span: number }[] = [];
  for (const { group } of columns) {
    const last = out.at(-1);
    if (last !== undefined && group !== undefined && last.group === group) last.span++;
    else out.push({ group, span: 1 });
  }
  return out;
}

/** Names come from data: control and format characters could repaint a terminal, so they are shown as their code. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** @file The lines of a run as nearly all of them are, in one walk over their bytes; any other is left to the careful parser. */
import { parseNumber, POWERS } from "./parse-number.ts";
import type { RunColumns } from "./run-columns.ts";

const [TAB, LF, CR, SPACE, HASH, MINUS, POINT, ZERO, NINE, DELETE] = [9, 10, 13, 32, 35, 45, 46, 48, 57, 127] as const;

/** Where a reader of a run stands, line after line. */
export interface RunCursor {
  /** Lines behind it. */
  line: number;
  /** The turn of the last row and its bytes; -1 before the first. */
  turn: number;
  turnBytes: Uint8Array;
  /** The tag of the last row, in the piece being read; its end is 0 when the piece had none. */
  tagStart: number;
  tagEnd: number;
}

/** What separates the columns of a piece of whole lines; undefined where each line needs a look of its own. */
export function plainSeparator(bytes: Buffer, { clean, tabs }: { clean: boolean; tabs: boolean }): number | undefined {
  if (!clean || bytes.includes(DELETE)) return undefined;
  return tabs ? TAB : SPACE;
}

/**
 * Takes lines from `start` on and returns where it stopped: at `end`, behind a line feed, or at a line that is not six columns between single
 * tabs (or between spaces) with a decimal score. Such a line has changed nothing.
 */
export function takePlainLines(
  bytes: Uint8Array,
  { start, end, separator }: { start: number; end: number; separator: number },
  { cursor, columns, turn }: { cursor: RunCursor; columns: RunColumns; turn(bytes: Uint8Array): number },
): number {
  const { turnOf, lines, idStarts, hashes, scores, ids } = columns;
  // Every byte up to this one ends a column; ids may hold spaces where tabs separate.
  const low = separator === TAB ? SPACE - 1 : SPACE;
  const spaced = separator === SPACE;
  let { rows, idBytes } = columns;
  let { turnBytes } = cursor;
  let line = start;
  while (line < end) {
    let at = line;
    const length = turnBytes.length;
    while (at - line < length && bytes[at] === turnBytes[at - line]) at++;
    const sameTurn = length > 0 && at - line === length && bytes[at] === separator;
    if (!sameTurn) {
      at = line;
      while (bytes[at]! > low) at++;
      if (bytes[at] !== separator || at === line || bytes[line] === HASH) break;
    }
    const turnEnd = at++;
    if (spaced) while (bytes[at] === SPACE) at++;

    while (bytes[at]! > low) at++;
    if (bytes[at++] !== separator) break;
    if (spaced) while (bytes[at] === SPACE) at++;

    const idStart = at;
    let idEnd = idBytes;
    let hash = 0x811c9dc5;
    for (let byte = bytes[at]!; byte > low; byte = bytes[++at]!) {
      ids[idEnd++] = byte;
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
    if (at === idStart || bytes[at++] !== separator) break;
    if (spaced) while (bytes[at] === SPACE) at++;

    while (bytes[at]! > low) at++;
    if (bytes[at++] !== separator) break;
    if (spaced) while (bytes[at] === SPACE) at++;

    const scoreStart = at;
    const negative = bytes[at] === MINUS;
    if (negative) at++;
    let digits = -at;
    let mantissa = 0;
    let decimals = 0;
    for (let byte = bytes[at]!; byte >= ZERO && byte <= NINE; byte = bytes[++at]!) mantissa = mantissa * 10 + (byte - ZERO);
    if (bytes[at] === POINT) {
      const point = at++;
      for (let byte = bytes[at]!; byte >= ZERO && byte <= NINE; byte = bytes[++at]!) mantissa = mantissa * 10 + (byte - ZERO);
      decimals = at - point - 1;
      digits--;
    }
    digits += at;
    let score: number;
    // Below 2^53 and up to 22 decimals, mantissa and power of ten are exact doubles, so one division rounds correctly.
    if (bytes[at] === separator && digits > 0 && mantissa < 2 ** 53 && decimals < POWERS.length)
      score = (negative ? -mantissa : mantissa) / POWERS[decimals]!;
    else {
      while (bytes[at]! > low) at++;
      score = parseNumber(bytes, scoreStart, at);
      if (bytes[at] !== separator || !Number.isFinite(score)) break;
    }
    at++;
    if (spaced) while (bytes[at] === SPACE) at++;

    const tagStart = at;
    while (bytes[at]! > low) at++;
    if (at === tagStart) break;
    const tagEnd = at;
    if (bytes[at] === CR && bytes[at + 1] === LF) at++;
    if (bytes[at] !== LF) {
      if (bytes[at] !== separator) break;
      while (bytes[at] !== LF) at++;
    }

    if (!sameTurn) {
      turnBytes = Uint8Array.prototype.slice.call(bytes, line, turnEnd);
      cursor.turn = turn(turnBytes);
    }
    line = at + 1;
    cursor.line++;
    cursor.tagStart = tagStart;
    cursor.tagEnd = tagEnd;
    turnOf[rows] = cursor.turn;
    lines[rows] = cursor.line;
    hashes[rows] = hash;
    scores[rows] = score;
    idStarts[++rows] = idBytes = idEnd;
  }
  cursor.turnBytes = turnBytes;
  columns.rows = rows;
  columns.idBytes = idBytes;
  return line;
}

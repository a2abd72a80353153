/** @file Rankings in columns: millions of (turn, passage, score) rows in typed arrays, in trec_eval's order. */
import { DataError } from "./errors.ts";
import { compareByteRanges, hashBytes } from "./growing.ts";
import { RunColumns } from "./run-columns.ts";

export interface RankedPassage {
  id: string;
  score: number;
}

/** Collects rows in any order; `finish` groups them by turn, sorts them and refuses duplicates. */
export class RunTableBuilder {
  readonly #file: string;
  readonly #turns = new Map<string, number>();
  readonly #columns = new RunColumns();
  tag = "";

  constructor(file: string) {
    this.#file = file;
  }

  get rows(): number {
    return this.#columns.rows;
  }

  /** The number of a turn; a turn may stay without rows. */
  turn(id: string): number {
    const known = this.#turns.get(id);
    if (known !== undefined) return known;
    const index = this.#turns.size;
    this.#turns.set(id, index);
    return index;
  }

  /** The columns, with room for every row that so many bytes of a run can hold: for a parser that writes them itself. */
  room(bytes: number): RunColumns {
    this.#columns.reserve(Math.ceil(bytes / SHORTEST_LINE), bytes);
    return this.#columns;
  }

  /** Makes room for `times` what is there, and a little: a table that grows by doubling is copied as often, and there twice while it is. */
  expect(times: number): void {
    const { rows, idBytes } = this.#columns;
    this.#columns.reserve(Math.ceil(rows * times * 1.05), Math.ceil(idBytes * times * 1.05));
  }

  /** The passage id of the next row, in UTF-8. Two calls for a row, because an object per row would cost more than the row. */
  addId(bytes: Uint8Array, start: number, end: number): void {
    const columns = this.#columns;
    columns.reserve(1, end - start);
    columns.ids.set(bytes.subarray(start, end), columns.idBytes);
    columns.hashes[columns.rows] = hashBytes(bytes, start, end);
    columns.idBytes += end - start;
  }

  /** The rest of the row; `line` is where a duplicate will be reported. */
  addRow(turn: number, score: number, line: number): void {
    const columns = this.#columns;
    columns.turnOf[columns.rows] = turn;
    columns.scores[columns.rows] = score;
    columns.lines[columns.rows] = line;
    columns.idStarts[++columns.rows] = columns.idBytes;
  }

  /** A whole ranking whose ids are strings already. */
  addRanking(turn: string, passages: readonly RankedPassage[], line: number): void {
    const number = this.turn(turn);
    const columns = this.#columns;
    for (const { id, score } of passages) {
      columns.reserve(1, id.length * 3);
      const start = columns.idBytes;
      columns.idBytes = writeText(id, columns.ids, start);
      columns.hashes[columns.rows] = hashBytes(columns.ids, start, columns.idBytes);
      this.addRow(number, score, line);
    }
  }

  finish(): RunTable {
    const { ids, idStarts, hashes, scores, turnOf, rows: count } = this.#columns;
    const { order, offsets } = groupByTurn(turnOf.subarray(0, count), this.#turns.size);
    const columns: Columns = { ids, idStarts, hashes, scores, order, offsets };
    const turns = [...this.#turns.keys()];
    const seen = new DuplicateFinder(columns);
    for (let turn = 0; turn < turns.length; turn++) {
      const rows = order.subarray(offsets[turn], offsets[turn + 1]);
      const twin = seen.find(rows);
      if (twin !== undefined) this.#refuse(turns[turn]!, columns, twin);
      sortRows(rows, columns);
    }
    return new RunTable({ columns, turns, numbers: this.#turns, tag: this.tag });
  }

  /** All of them, for those who want to know; `finish` refuses the first. */
  *duplicates(): Generator<DataError> {
    const first = new Map<string, number>();
    const turns = [...this.#turns.keys()];
    const { turnOf, lines } = this.#columns;
    for (let row = 0; row < this.rows; row++) {
      const passage = idText(this.#columns, row);
      const key = `${turnOf[row]} ${passage}`;
      const earlier = first.get(key);
      if (earlier === undefined) first.set(key, lines[row]!);
      else yield this.#twice({ turn: turns[turnOf[row]!]!, passage, first: earlier, line: lines[row]! });
    }
  }

  #refuse(turn: string, columns: Columns, { first, second }: { first: number; second: number }): never {
    const { lines } = this.#columns;
    throw this.#twice({ turn, passage: idText(columns, second), first: lines[first]!, line: lines[second]! });
  }

  #twice({ turn, passage, first, line }: { turn: string; passage: string; first: number; line: number }): DataError {
    return new DataError(
      `passage "${passage}" is listed twice for turn "${turn}" (first at line ${first}); a run names a passage once per turn`,
      { file: this.#file, line },
    );
  }
}

/** The rankings of a run. Turns keep the order in which the file names them first. */
export class RunTable {
  readonly turns: readonly string[];
  /** The sixth column of the last line, as trec_eval's runid. */
  readonly tag: string;
  readonly #columns: Columns;
  readonly #numbers: ReadonlyMap<string, number>;
  /** All zeros between two calls of `grades`. */
  readonly #filter = new Uint8Array(1 << 14);

  constructor(parts: { columns: Columns; turns: readonly string[]; numbers: ReadonlyMap<string, number>; tag: string }) {
    this.#columns = parts.columns;
    this.turns = parts.turns;
    this.#numbers = parts.numbers;
    this.tag = parts.tag;
  }

  get rows(): number {
    return this.#columns.order.length;
  }

  has(turn: string): boolean {
    return this.#numbers.has(turn);
  }

  /** The ranking of a turn, best first; empty when the run lacks the turn. */
  passages(turn: string, depth = Infinity): RankedPassage[] {
    const { scores } = this.#columns;
    return Array.from(this.#rows(turn, depth), (row) => ({ id: idText(this.#columns, row), score: scores[row]! }));
  }

  /** The grade of the passage at each rank, -1 where `judgements` does not name it or grades it below zero. */
  grades(turn: string, judgements: ReadonlyMap<string, number>, depth = Infinity): Int32Array {
    const rows = this.#rows(turn, depth);
    const grades = new Int32Array(rows.length).fill(-1);
    // Strings are made only for passages whose hash may be that of a judged one: a few of the thousand in a ranking.
    const { hashes } = this.#columns;
    const judged = this.#filter;
    const mask = judged.length - 1;
    const marked: number[] = [];
    for (const id of judgements.keys()) {
      const place = hashText(id) & mask;
      judged[place] = 1;
      marked.push(place);
    }
    for (let rank = 0; rank < rows.length; rank++) {
      const row = rows[rank]!;
      if (judged[hashes[row]! & mask] === 0) continue;
      const grade = judgements.get(idText(this.#columns, row));
      if (grade !== undefined && grade >= 0) grades[rank] = grade;
    }
    for (const place of marked) judged[place] = 0;
    return grades;
  }

  #rows(turn: string, depth: number): Uint32Array {
    const number = this.#numbers.get(turn);
    if (number === undefined) return new Uint32Array(0);
    const { order, offsets } = this.#columns;
    return order.subarray(offsets[number], Math.min(offsets[number]! + depth, offsets[number + 1]!));
  }
}

interface Columns {
  ids: Uint8Array;
  idStarts: Uint32Array; // [rows + 1]
  hashes: Uint32Array; // [rows]
  scores: Float64Array; // [rows]
  order: Uint32Array; // rows, turn by turn, best first
  offsets: Uint32Array; // [turns + 1] into order
}

/** One letter in each column that must not be empty, five tabs and the line end. */
const SHORTEST_LINE = 10;

const encoder = new TextEncoder();

function hashText(id: string): number {
  const bytes = encoder.encode(id);
  return hashBytes(bytes, 0, bytes.length);
}

/** Writes UTF-8 and returns its end; what is ASCII, as most ids are, without a call into the engine. */
function writeText(text: string, bytes: Uint8Array, start: number): number {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 127) return start + encoder.encodeInto(text, bytes.subarray(start)).written;
    bytes[start + i] = unit;
  }
  return start + text.length;
}

function idText({ ids, idStarts }: Pick<Columns, "ids" | "idStarts">, row: number): string {
  return Buffer.from(ids.buffer, ids.byteOffset, ids.byteLength).toString("utf8", idStarts[row], idStarts[row + 1]);
}

/** Counting sort of the rows by turn, keeping their order within a turn. */
function groupByTurn(turnOf: Uint32Array, turns: number): { order: Uint32Array; offsets: Uint32Array } {
  const offsets = new Uint32Array(turns + 1);
  for (const turn of turnOf) offsets[turn + 1]!++;
  for (let turn = 0; turn < turns; turn++) offsets[turn + 1]! += offsets[turn]!;
  const next = offsets.slice();
  const order = new Uint32Array(turnOf.length);
  for (let row = 0; row < turnOf.length; row++) order[next[turnOf[row]!]!++] = row;
  return { order, offsets };
}

/** trec_eval's order: score descending as doubles, equal scores by id descending in bytes; the rank column has no say. */
function sortRows(rows: Uint32Array, columns: Columns): void {
  const { ids, idStarts, scores } = columns;
  const compare = (a: number, b: number): number => {
    const difference = scores[b]! - scores[a]!;
    if (difference !== 0) return difference;
    return compareByteRanges(ids, { aStart: idStarts[b]!, aEnd: idStarts[b + 1]!, bStart: idStarts[a]!, bEnd: idStarts[a + 1]! });
  };
  for (let i = 1; i < rows.length; i++) {
    if (compare(rows[i - 1]!, rows[i]!) <= 0) continue;
    rows.sort(compare);
    return;
  }
}

/** Open addressing over the id hashes of one turn at a time, in one reused table. */
class DuplicateFinder {
  readonly #columns: Columns;
  #slots = new Uint32Array(1024);

  constructor(columns: Columns) {
    this.#columns = columns;
  }

  find(rows: Uint32Array): { first: number; second: number } | undefined {
    while (this.#slots.length < rows.length * 2) this.#slots = new Uint32Array(this.#slots.length * 2);
    const mask = this.#slots.length - 1;
    this.#slots.fill(0);
    const { ids, idStarts, hashes } = this.#columns;
    for (const row of rows) {
      let slot = hashes[row]! & mask;
      for (; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
        const other = this.#slots[slot]! - 1;
        if (hashes[other] !== hashes[row]) continue;
        const range = { aStart: idStarts[other]!, aEnd: idStarts[other + 1]!, bStart: idStarts[row]!, bEnd: idStarts[row + 1]! };
        if (compareByteRanges(ids, range) === 0) return { first: other, second: row };
      }
      this.#slots[slot] = row + 1;
    }
    return undefined;
  }
}

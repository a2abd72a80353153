/** @file TREC run files, byte by byte: `turn Q0 passage rank score tag`, separated by tabs or by white space. */
import { isAscii, isUtf8 } from "node:buffer";
import { plainSize, type Problem, readChunks } from "./chunks.ts";
import { ENCODINGS, encodingOf, foreignLine } from "./encodings.ts";
import { DataError } from "./errors.ts";
import { MAX_LINE, tooLong } from "./lines.ts";
import { parseNumber } from "./parse-number.ts";
import { RunTableBuilder, type RunTable } from "./run-table.ts";
import { plainSeparator, type RunCursor, takePlainLines } from "./trec-run-plain.ts";
import type { TurnNames } from "./turn-ids.ts";

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;
const HASH = 35;
const MARK = Buffer.of(0xef, 0xbb, 0xbf);

/** What ends a field: nothing that is a letter, spaces where fields are words, tabs always; controls are refused. */
const [LETTER, BLANK, TABULAR, CONTROL] = [0, 1, 2, 3];
const KIND = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === TAB) return TABULAR;
  if (byte === SPACE) return BLANK;
  return byte < SPACE || byte === 127 ? CONTROL : LETTER;
});

/**
 * Reads a run (`.gz` and `-` too). Ids keep their spaces where the line has tabs; columns after the sixth are ignored,
 * and so are blank lines and lines that start with #, as trec_eval 10 does. `names`: how the file names its turns. Throws `DataError` with file and line.
 */
export async function readTrecRun(path: string, names?: TurnNames): Promise<RunTable> {
  const parser = new RunParser(path, { names });
  const size = plainSize(path);
  for await (const chunk of readChunks(path, { reuse: true })) {
    parser.push(chunk);
    if (parser.pieces === 1 && size !== undefined) parser.expect(size / chunk.length);
  }
  return parser.finish();
}

/** Every problem of a run, told to `problem`; returns the number of good rows. */
export async function checkTrecRun(path: string, problem: Problem): Promise<number> {
  const parser = new RunParser(path, { problem });
  for await (const chunk of readChunks(path, { reuse: true })) parser.push(chunk);
  return parser.check();
}

class RunParser {
  readonly #file: string;
  readonly #problem: Problem | undefined;
  readonly #table: RunTableBuilder;
  #rest: Buffer = Buffer.alloc(0);
  #faults = 0;
  pieces = 0;
  readonly #cursor: RunCursor = { line: 0, turn: -1, turnBytes: new Uint8Array(0), tagStart: 0, tagEnd: 0 };
  /** Start and end of each of the first six fields of the current line. */
  readonly #fields = new Uint32Array(12);
  /** What the current piece of the file may hold. */
  #tabs = true;
  #clean = false;

  readonly #names: TurnNames | undefined;

  constructor(file: string, { problem, names }: { problem?: Problem; names?: TurnNames | undefined }) {
    this.#file = file;
    this.#problem = problem;
    this.#names = names;
    this.#table = new RunTableBuilder(file);
  }

  /** Makes room for `times` what was read until now. */
  expect(times: number): void {
    this.#table.expect(times);
  }

  /** `chunk` is read no more afterwards: the source may use its memory again. */
  push(chunk: Buffer): void {
    this.pieces++;
    const first = chunk.indexOf(LF) + 1;
    if (first === 0) {
      if (this.#rest.length + chunk.length > MAX_LINE) throw tooLong({ path: this.#file, line: this.#cursor.line + 1 });
      this.#rest = Buffer.concat([this.#rest, chunk]);
      return;
    }
    if (this.#rest.length > 0) this.#takeLines(Buffer.concat([this.#rest, chunk.subarray(0, first)]));
    const last = chunk.lastIndexOf(LF) + 1;
    this.#takeLines(chunk.subarray(this.#rest.length > 0 ? first : 0, last));
    this.#rest = Buffer.from(chunk.subarray(last));
  }

  /** Whole lines: as many as possible in one go, the others one by one. */
  #takeLines(bytes: Buffer): void {
    this.#tabs = bytes.includes(TAB);
    this.#clean = isAscii(bytes) || (isUtf8(bytes) && !bytes.includes(MARK));
    const separator = plainSeparator(bytes, { clean: this.#clean, tabs: this.#tabs });
    const columns = this.#table.room(bytes.length);
    const parts = {
      cursor: this.#cursor,
      columns,
      turn: (id: Uint8Array) => this.#numberOf(text(id, 0, id.length), this.#cursor.line + 1),
    };
    for (let start = 0; ;) {
      if (separator !== undefined) start = takePlainLines(bytes, { start, end: bytes.length, separator }, parts);
      if (start === bytes.length) break;
      const end = bytes.indexOf(LF, start);
      this.#takeLine(bytes, start, end);
      start = end + 1;
    }
    this.#keepTag(bytes);
  }

  finish(): RunTable {
    this.#takeRest();
    if (this.#table.rows === 0) throw this.#nothing();
    return this.#table.finish();
  }

  check(): number {
    this.#takeRest();
    let faults = 0;
    for (const error of this.#table.duplicates()) {
      this.#problem!(error);
      faults++;
    }
    if (this.#table.rows === 0 && this.#faults === 0) this.#problem!(this.#nothing());
    return this.#table.rows - faults;
  }

  #takeRest(): void {
    this.#tabs = true;
    this.#clean = false;
    if (this.#rest.length > 0) this.#takeLine(this.#rest, 0, this.#rest.length);
    this.#keepTag(this.#rest);
  }

  #nothing(): DataError {
    return new DataError("holds no ranking at all; expected lines of `turn Q0 passage rank score tag`", { file: this.#file });
  }

  #takeLine(bytes: Uint8Array, start: number, end: number): void {
    if (this.#problem === undefined) return this.#parseLine(bytes, start, end);
    try {
      this.#parseLine(bytes, start, end);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      this.#faults++;
      this.#problem(error);
    }
  }

  /** A text per piece of the file, not per line: only the last one counts. */
  #keepTag(bytes: Uint8Array): void {
    const cursor = this.#cursor;
    if (cursor.tagEnd > 0) this.#table.tag = text(bytes, cursor.tagStart, cursor.tagEnd);
    cursor.tagEnd = 0;
  }

  #parseLine(bytes: Uint8Array, start: number, lineEnd: number): void {
    this.#cursor.line++;
    const end = lineEnd > start && bytes[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd;
    if (bytes[start] === HASH || isBlank(bytes, start, end)) return;
    const count = this.#splitFields(bytes, start, end);
    if (count < 6) this.#refuse(columnsProblem(bytes.subarray(start, end), count));
    const f = this.#fields;
    this.#selectTurn(bytes, f[0]!, f[1]!);
    const score = parseNumber(bytes, f[8]!, f[9]!);
    if (!Number.isFinite(score)) this.#refuse(scoreProblem(text(bytes, f[8]!, f[9]!), bytes.subarray(f[10], end)));
    if (f[4] === f[5]) this.#refuse("the passage id is empty");
    this.#table.addId(bytes, f[4]!, f[5]!);
    this.#table.addRow(this.#cursor.turn, score, this.#cursor.line);
    this.#cursor.tagStart = f[10]!;
    this.#cursor.tagEnd = f[11]!;
  }

  /** Writes the bounds of the first six columns; tabs separate when there are enough of them, else runs of spaces and tabs. */
  #splitFields(bytes: Uint8Array, start: number, end: number): number {
    if (!this.#clean) this.#refuseForeign(bytes.subarray(start, end));
    const tabs = this.#tabs ? countTabs(bytes, start, end) : 0;
    if (tabs >= 5) return this.#splitAtTabs(bytes, start, end);
    // A tab-separated line that lost a column: cutting it at the spaces of an id would read another passage and score.
    if (tabs >= 3) return tabs + 1;
    return this.#splitAtSpace(bytes, start, end);
  }

  #splitAtTabs(bytes: Uint8Array, start: number, end: number): number {
    const fields = this.#fields;
    for (let field = 0, at = start; field < 6; field++, at++) {
      fields[field * 2] = at;
      while (at < end && KIND[bytes[at]!]! < TABULAR) at++;
      if (at < end && bytes[at] !== TAB) this.#refuseControl(bytes.subarray(start, end), bytes[at]!);
      fields[field * 2 + 1] = at;
    }
    // Numbers may be padded; ids are taken as they stand.
    while (bytes[fields[8]!] === SPACE && fields[8]! < fields[9]!) fields[8]!++;
    while (fields[9]! > fields[8]! && bytes[fields[9]! - 1] === SPACE) fields[9]!--;
    return 6;
  }

  #splitAtSpace(bytes: Uint8Array, start: number, end: number): number {
    const fields = this.#fields;
    let count = 0;
    for (let at = start; count < 6; count++) {
      while (at < end && (bytes[at] === SPACE || bytes[at] === TAB)) at++;
      if (at === end) break;
      fields[count * 2] = at;
      while (at < end && KIND[bytes[at]!] === LETTER) at++;
      if (at < end && KIND[bytes[at]!] === CONTROL) this.#refuseControl(bytes.subarray(start, end), bytes[at]!);
      fields[count * 2 + 1] = at;
    }
    return count;
  }

  #refuseForeign(line: Uint8Array): void {
    if (!isUtf8(line)) this.#refuse("is not valid UTF-8; save the file as UTF-8");
    // Two files joined leave it in the middle, where it would make another turn of the id behind it.
    if (encodingOf(line) === "mark") this.#refuse(ENCODINGS.mark);
  }

  #refuseControl(line: Uint8Array, byte: number): never {
    const control = `holds a control character (0x${byte.toString(16).padStart(2, "0")})`;
    this.#refuse(byte === CR || byte === 0 ? `${control}: ${foreignLine(line)}` : control);
  }

  /** Runs name a turn a hundred times in a row: compare bytes before making a string. */
  #selectTurn(bytes: Uint8Array, start: number, end: number): void {
    const cursor = this.#cursor;
    const { length } = cursor.turnBytes;
    if (length === end - start && length > 0) {
      let i = 0;
      while (i < length && cursor.turnBytes[i] === bytes[start + i]) i++;
      if (i === length) return;
    }
    if (start === end) this.#refuse("the turn id is empty");
    cursor.turnBytes = Uint8Array.prototype.slice.call(bytes, start, end);
    cursor.turn = this.#numberOf(text(bytes, start, end), cursor.line);
  }

  #numberOf(turn: string, line: number): number {
    return this.#table.turn(this.#names?.ours(turn, line) ?? turn);
  }

  #refuse(problem: string): never {
    throw new DataError(problem, { file: this.#file, line: this.#cursor.line });
  }
}

function columnsProblem(line: Uint8Array, columns: number): string {
  const found = `has ${columns} column${columns === 1 ? "" : "s"}, expected 6 (turn Q0 passage rank score tag)`;
  if (line[0] === 123) return `${found}; this looks like JSON lines: name the file .jsonl`;
  return `${found}; ${columns === 4 ? "are these qrels?" : "ids with spaces need tabs between the columns"}`;
}

/** Words behind the tag are allowed, but where the score is none they tell that an id has spaces. */
function scoreProblem(score: string, tag: Uint8Array): string {
  const spaced = tag.includes(SPACE) && !tag.includes(TAB);
  return `score "${score}" is not a finite number${spaced ? "; ids with spaces need tabs between the columns" : ""}`;
}

function countTabs(bytes: Uint8Array, start: number, end: number): number {
  let tabs = 0;
  for (let i = start; i < end; i++) if (bytes[i] === TAB) tabs++;
  return tabs;
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== SPACE && bytes[i] !== TAB) return false;
  return true;
}

function text(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8", start, end);
}

/** @file Relevance judgments: TREC lines `turn 0 passage grade`, or one JSON object {turn: {passage: grade}}. */
import { readChunks } from "./chunks.ts";
import { DataError } from "./errors.ts";
import { readJsonObject } from "./json-stream.ts";
import { readLines } from "./lines.ts";

/** Turn → passage → grade. */
export type Qrels = Map<string, Map<string, number>>;

/** Reads either form (`.gz` too; standard input holds TREC lines). Throws `DataError` with file and line. */
export async function readQrels(path: string): Promise<Qrels> {
  const builder = new QrelsBuilder(path);
  if (path !== "-" && (await startsWithBrace(path))) {
    for await (const { key, value, line } of readJsonObject(path)) builder.object(key, value, line);
  } else {
    for await (const { text, line } of readLines(path)) builder.line(text, line);
  }
  return builder.finish();
}

/** Every problem of `path`, told to `report`; returns the number of good judgments. */
export async function checkQrels(path: string, report: (problem: string) => void): Promise<number> {
  const builder = new QrelsBuilder(path);
  const attempt = (action: () => void): void => {
    try {
      action();
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      report(error.message);
    }
  };
  try {
    if (path !== "-" && (await startsWithBrace(path))) {
      for await (const { key, value, line } of readJsonObject(path)) attempt(() => builder.object(key, value, line));
    } else {
      for await (const { text, line } of readLines(path)) attempt(() => builder.line(text, line));
    }
    builder.finish();
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    report(error.message);
  }
  return [...builder.qrels.values()].reduce((sum, { size }) => sum + size, 0);
}

async function startsWithBrace(path: string): Promise<boolean> {
  for await (const chunk of readChunks(path)) {
    const first = chunk.find((byte) => byte !== 32 && byte !== 9 && byte !== 10 && byte !== 13);
    if (first !== undefined) return first === 0x7b;
  }
  return false;
}

class QrelsBuilder {
  readonly #file: string;
  readonly qrels: Qrels = new Map();

  constructor(file: string) {
    this.#file = file;
  }

  /** One line of a TREC file; blank lines and lines that start with # say nothing. */
  line(text: string, line: number): void {
    if (text.startsWith("#") || text.trim() === "") return;
    const tabbed = text.split("\t");
    // Three tab-separated columns are no line of four words, whatever spaces an id holds.
    const fields = tabbed.length >= 3 ? tabbed : text.trim().split(/[ \t]+/);
    if (fields.length !== 4)
      throw this.#error(
        `has ${fields.length} column${fields.length === 1 ? "" : "s"}, expected 4 (turn 0 passage grade); ids with spaces need tabs`,
        line,
      );
    const grade = fields[3]!.trim();
    if (!/^[+-]?\d{1,9}$/.test(grade)) throw this.#error(`grade "${grade}" is not a whole number`, line);
    this.add({ turn: fields[0]!, passage: fields[2]!, grade: Number(grade), line });
  }

  add({ turn, passage, grade, line }: { turn: string; passage: string; grade: number; line: number | undefined }): void {
    if (!isId(turn)) throw this.#error(`turn id ${JSON.stringify(turn)} is empty or holds a control character`, line);
    if (!isId(passage)) throw this.#error(`passage id ${JSON.stringify(passage)} is empty or holds a control character`, line);
    let passages = this.qrels.get(turn);
    if (passages === undefined) this.qrels.set(turn, (passages = new Map<string, number>()));
    if (passages.has(passage)) throw this.#error(`passage "${passage}" is judged twice for turn "${turn}"`, line);
    passages.set(passage, grade);
  }

  /** A member of the JSON form. */
  object(turn: string, judgments: unknown, line: number | undefined): void {
    if (judgments === null || typeof judgments !== "object" || Array.isArray(judgments))
      throw this.#error(`turn "${turn}": expected an object {passage: grade}`, line);
    const grades = Object.entries(judgments);
    // QReCC writes {"": 1} for a turn without any gold passage.
    if (grades.length === 1 && grades[0]![0] === "") return;
    for (const [passage, grade] of grades) {
      if (!Number.isInteger(grade))
        throw this.#error(`turn "${turn}", passage "${passage}": grade ${JSON.stringify(grade)} is not a whole number`, line);
      this.add({ turn, passage, grade: grade as number, line });
    }
  }

  finish(): Qrels {
    if (this.qrels.size === 0) throw this.#error("holds no judgment at all; expected lines of `turn 0 passage grade`", undefined);
    return this.qrels;
  }

  #error(problem: string, line: number | undefined): DataError {
    return new DataError(problem, { file: this.#file, line });
  }
}

// oxlint-disable-next-line no-control-regex -- the control characters are what is refused
const ID = /^[^\u0000-\u001f\u007f]+$/;

function isId(text: string): boolean {
  return ID.test(text);
}

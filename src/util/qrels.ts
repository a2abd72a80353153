/** @file Relevance judgements: TREC lines `turn 0 passage grade`, or one JSON object {turn: {passage: grade}}. */
import { holdsJson, type Problem, type ReadOptions, refuse } from "./chunks.ts";
import { foreignLine } from "./encodings.ts";
import { DataError } from "./errors.ts";
import { readJsonObject } from "./json-stream.ts";
import { readLines } from "./lines.ts";
import type { TurnNames } from "./turn-ids.ts";

/** Turn → passage → grade. */
export type Qrels = Map<string, Map<string, number>>;

export interface QrelsOptions extends ReadOptions {
  /** How the file names its turns, where that is not our way. */
  names?: TurnNames | undefined;
  /** Told of the turns that the file says have no gold passage. */
  withoutGold?: ((turn: string) => void) | undefined;
}

/** Reads either form (`.gz` and `-` too). Throws `DataError` with file and line. */
export async function readQrels(path: string, options: QrelsOptions = {}): Promise<Qrels> {
  const builder = new QrelsBuilder(path, options);
  if (await holdsJson(path)) {
    for await (const { key, value, line } of readJsonObject(path, options)) builder.take(() => builder.object(key, value, line));
  } else {
    for await (const { text, line } of readLines(path, { ...options, allowEmpty: true })) builder.take(() => builder.line(text, line));
  }
  return builder.finish();
}

/** Every problem of `path`, told to `problem`; returns the number of good judgements. */
export async function checkQrels(path: string, problem: Problem): Promise<number> {
  const qrels = await readQrels(path, { problem });
  return [...qrels.values()].reduce((sum, { size }) => sum + size, 0);
}

class QrelsBuilder {
  readonly #file: string;
  readonly #options: QrelsOptions;
  #faults = 0;
  readonly qrels: Qrels = new Map();

  constructor(file: string, options: QrelsOptions) {
    this.#file = file;
    this.#options = options;
  }

  take(add: () => void): void {
    try {
      add();
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      this.#faults++;
      refuse(error, this.#options);
    }
  }

  /** One line of a TREC file; blank lines and lines that start with # say nothing. */
  line(text: string, line: number): void {
    if (text.startsWith("#") || text.trim() === "") return;
    const tabbed = text.split("\t");
    // Three tab-separated columns are no line of four words, whatever spaces an id holds.
    const fields = tabbed.length >= 3 ? tabbed : text.trim().split(/[ \t]+/);
    if (fields.length !== 4) throw this.#error(columnsProblem(text, fields.length), line);
    const grade = fields[3]!.trim();
    if (!/^[+-]?\d{1,9}$/.test(grade)) throw this.#error(`grade "${grade}" is not a whole number of at most 9 digits`, line);
    this.add({ turn: fields[0]!, passage: fields[2]!, grade: Number(grade), line });
  }

  add({ turn: name, passage, grade, line }: { turn: string; passage: string; grade: number; line: number | undefined }): void {
    if (!isId(name)) throw this.#error(`turn id ${JSON.stringify(name)} is empty or holds a control character`, line);
    const turn = this.#options.names?.ours(name, line) ?? name;
    if (!isId(passage)) throw this.#error(`passage id ${JSON.stringify(passage)} is empty or holds a control character`, line);
    let passages = this.qrels.get(turn);
    if (passages === undefined) this.qrels.set(turn, (passages = new Map<string, number>()));
    const known = passages.get(passage);
    if (known !== undefined)
      throw this.#error(`passage "${passage}" is judged twice for turn "${name}", with grade ${known} and now ${grade}; keep one`, line);
    passages.set(passage, grade);
  }

  /** A member of the JSON form. */
  object(turn: string, judgements: unknown, line: number | undefined): void {
    if (judgements === null || typeof judgements !== "object" || Array.isArray(judgements))
      throw this.#error(`turn "${turn}": expected an object {passage: grade}`, line);
    const grades = Object.entries(judgements);
    // QReCC writes {"": 1} for a turn without any gold passage.
    if (grades.length === 1 && grades[0]![0] === "") return this.#options.withoutGold?.(this.#options.names?.ours(turn, line) ?? turn);
    for (const [passage, grade] of grades)
      this.take(() => {
        if (!Number.isInteger(grade))
          throw this.#error(`turn "${turn}", passage "${passage}": grade ${JSON.stringify(grade)} is not a whole number`, line);
        this.add({ turn, passage, grade: grade as number, line });
      });
  }

  finish(): Qrels {
    if (this.qrels.size === 0 && this.#faults === 0)
      refuse(this.#error("holds no judgement at all; expected lines of `turn 0 passage grade`", undefined), this.#options);
    return this.qrels;
  }

  #error(problem: string, line: number | undefined): DataError {
    return new DataError(problem, { file: this.#file, line });
  }
}

function columnsProblem(text: string, columns: number): string {
  const foreign = foreignLine(Buffer.from(text));
  if (foreign !== undefined) return foreign;
  const found = `has ${columns} column${columns === 1 ? "" : "s"}, expected 4 (turn 0 passage grade)`;
  if (columns === 3) return `${found}; are these BEIR's three columns? \`prepare-data --dataset beir\` reads its folders`;
  return columns === 6 ? `${found}; is this a run?` : `${found}; ids with spaces need tabs`;
}

// oxlint-disable-next-line no-control-regex -- the control characters are what is refused
const ID = /^[^\u0000-\u001f\u007f]+$/;

function isId(text: string): boolean {
  return ID.test(text);
}

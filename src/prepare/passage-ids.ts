/** @file Refuses a passage id given twice, naming both places, for collections far larger than memory: hashes and line numbers wait on disk. */
import { closeSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import type { Place } from "../../datasets/types.ts";
import { DuplicateRows } from "../util/duplicate-rows.ts";
import { DataError } from "../util/errors.ts";
import { attempt } from "../util/io-errors.ts";
import { readRowsOf } from "../util/passage-lines.ts";

const BUFFER = 1 << 16;

export class PassageIds {
  readonly #rows: DuplicateRows;
  readonly #linesPath: string;
  /** The line each passage came from, 0 where none is known; spilled to disk in row order. */
  readonly #lines = new Uint32Array(BUFFER);
  readonly #files: { first: number; file: string }[] = [];
  #spill: number | undefined;
  #count = 0;

  /** Works beside `base`, and leaves nothing there after `close`. */
  constructor(base: string, run?: number) {
    this.#rows = new DuplicateRows(base, run);
    this.#linesPath = `${base}.lines`;
  }

  add(id: string, { file, line = 0 }: Place): void {
    this.#rows.add(id);
    if (this.#files.at(-1)?.file !== file) this.#files.push({ first: this.#count, file });
    this.#lines[this.#count++ % BUFFER] = line;
    if (this.#count % BUFFER === 0) this.#flush();
  }

  /** `passages`: the file with every passage added, a row each. Throws `DataError` where an id stands in two rows. */
  async refuseDuplicates(passages: string): Promise<void> {
    const suspected = this.#rows.suspects();
    if (suspected === undefined) return;
    const rows = new Map<string, number>();
    for await (const { id, row } of readRowsOf(passages, suspected)) {
      const earlier = rows.get(id);
      if (earlier !== undefined) throw this.#twice(id, this.#place(earlier), this.#place(row));
      rows.set(id, row);
    }
  }

  close(): void {
    this.#rows.close();
    if (this.#spill !== undefined) closeSync(this.#spill);
    this.#spill = undefined;
    rmSync(this.#linesPath, { force: true });
  }

  #twice(id: string, earlier: Place, place: Place): DataError {
    const at = earlier.line === undefined ? earlier.file : `${earlier.file}:${earlier.line}`;
    return new DataError(`The passage "${id}" was given at ${at} already. Ids must be unique.`, place);
  }

  #place(row: number): Place {
    const { file } = this.#files.findLast(({ first }) => first <= row)!;
    const line = this.#lineOf(row);
    return line === 0 ? { file } : { file, line };
  }

  #lineOf(row: number): number {
    if (row >= this.#count - (this.#count % BUFFER)) return this.#lines[row % BUFFER]!;
    const one = new Uint32Array(1);
    attempt(this.#linesPath, "read", () => readSync(this.#spill!, one, 0, one.byteLength, row * one.BYTES_PER_ELEMENT));
    return one[0]!;
  }

  #flush(): void {
    attempt(this.#linesPath, "write", () => {
      const file = (this.#spill ??= openSync(this.#linesPath, "w+"));
      const bytes = new Uint8Array(this.#lines.buffer);
      for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
    });
  }
}

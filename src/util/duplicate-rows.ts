/**
 * @file Finds ids given twice among more rows than memory holds: hashes of the ids in sorted runs on disk, merged at the end. What the
 * hashes say is only a suspicion; the caller looks at the rows themselves.
 */
import { closeSync, openSync, readSync, rmSync, writeFileSync } from "node:fs";
import { attempt } from "./io-errors.ts";

/** Rows per sorted run: 16 MB of hashes. */
const RUN = 1 << 21;
/** Hashes read at once from a run while merging. */
const BLOCK = 1 << 15;

export class DuplicateRows {
  readonly #base: string;
  readonly #hashes: Float64Array;
  readonly #runs: { path: string; count: number }[] = [];
  #waiting = 0;

  /** Runs are written beside `base`, as `<base>.run-0`, and removed by `close`. */
  constructor(base: string, run = RUN) {
    this.#base = base;
    this.#hashes = new Float64Array(run);
  }

  add(id: string): void {
    this.#hashes[this.#waiting++] = hash53(id);
    if (this.#waiting === this.#hashes.length) this.#spill();
  }

  /** Whether a row's id may be one of those given twice; undefined where no id was. */
  suspects(): ((id: string) => boolean) | undefined {
    const repeated = new Set<number>();
    let last = Number.NaN;
    for (const hash of this.#runs.length === 0 ? this.#sorted() : this.#merged()) {
      if (hash === last) repeated.add(hash);
      last = hash;
    }
    return repeated.size === 0 ? undefined : (id) => repeated.has(hash53(id));
  }

  close(): void {
    for (const { path } of this.#runs.splice(0)) rmSync(path, { force: true });
  }

  #sorted(): Float64Array {
    return this.#hashes.subarray(0, this.#waiting).sort();
  }

  #spill(): void {
    const path = `${this.#base}.run-${this.#runs.length}`;
    const run = this.#sorted();
    attempt(path, "write", () => writeFileSync(path, new Uint8Array(run.buffer, run.byteOffset, run.byteLength)));
    this.#runs.push({ path, count: run.length });
    this.#waiting = 0;
  }

  *#merged(): Generator<number> {
    if (this.#waiting > 0) this.#spill();
    const readers = this.#runs.map(({ path }) => new RunReader(path));
    try {
      for (;;) {
        let least: RunReader | undefined;
        for (const reader of readers) if (reader.head < (least?.head ?? Infinity)) least = reader;
        if (least === undefined) return;
        yield least.head;
        least.next();
      }
    } finally {
      for (const reader of readers) reader.close();
    }
  }
}

class RunReader {
  /** Infinity at the end. */
  head = Infinity;
  readonly #path: string;
  readonly #file: number;
  readonly #block = new Float64Array(BLOCK);
  #at = 0;
  #filled = 0;

  constructor(path: string) {
    this.#path = path;
    this.#file = attempt(path, "read", () => openSync(path, "r"));
    this.next();
  }

  next(): void {
    if (this.#at === this.#filled) {
      this.#filled = attempt(this.#path, "read", () => readSync(this.#file, this.#block)) / this.#block.BYTES_PER_ELEMENT;
      this.#at = 0;
    }
    this.head = this.#filled === 0 ? Infinity : this.#block[this.#at++]!;
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** 53 bits of two multiplicative hashes over the UTF-16 units, mixed at the end. Among 54 million ids one chance pair is expected in five runs. */
function hash53(text: string): number {
  let a = 0x9e3779b1;
  let b = 0x85ebca77;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b + unit, 0x5bd1e995) ^ (b >>> 15);
  }
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ b;
  b = Math.imul(b ^ (b >>> 13), 0xc2b2ae35) ^ (a >>> 16);
  return (b & 0x1fffff) * 2 ** 32 + (a >>> 0);
}

/** @file Writes JSON lines: every write is checked, short writes are continued, bytes and rows are hashed as they go. */
import { createHash } from "node:crypto";
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { attempt } from "./io-errors.ts";
import { stringify } from "./json.ts";

const BLOCK = 1 << 20;
/** A UTF-16 unit takes at most three bytes of UTF-8. */
const WIDEST = 3;
const LF = 10;

/** Where the bytes go: hashed and written, in this thread or another. */
export interface Sink {
  /** The bytes are the caller's again afterwards. */
  write(bytes: Uint8Array): void;
  /** All bytes on the disk. */
  close(): Promise<{ sha256: string; bytes: number }>;
}

export class JsonlWriter {
  readonly path: string;
  readonly #sink: Sink;
  readonly #block = Buffer.allocUnsafe(BLOCK);
  #used = 0;
  #rows = 0;

  private constructor(path: string, sink: Sink) {
    this.path = path;
    this.#sink = sink;
  }

  static create(path: string, sink: Sink = new FileSink(path)): JsonlWriter {
    return new JsonlWriter(path, sink);
  }

  get rows(): number {
    return this.#rows;
  }

  write(record: unknown): void {
    this.writeLine(stringify(record));
  }

  /** A line that is no JSON: qrels, run files. It must hold no line break. */
  writeLine(line: string): void {
    this.#text(line);
    this.#endLine();
  }

  /** A line that is UTF-8 already. */
  writeBytes(line: Uint8Array): void {
    this.#copy(line);
    this.#endLine();
  }

  #text(text: string): void {
    if (text.length * WIDEST > BLOCK) {
      this.#copy(Buffer.from(text));
    } else {
      if (text.length * WIDEST > BLOCK - this.#used) this.flush();
      this.#used += this.#block.write(text, this.#used);
    }
  }

  #copy(bytes: Uint8Array): void {
    if (bytes.length > BLOCK - this.#used) this.flush();
    if (bytes.length > BLOCK) {
      this.#sink.write(bytes);
    } else {
      this.#block.set(bytes, this.#used);
      this.#used += bytes.length;
    }
  }

  #endLine(): void {
    if (this.#used === BLOCK) this.flush();
    this.#block[this.#used++] = LF;
    this.#rows++;
  }

  /** Hands everything to the operating system. */
  flush(): void {
    const waiting = this.#block.subarray(0, this.#used);
    this.#used = 0;
    if (waiting.length > 0) this.#sink.write(waiting);
  }

  async close(): Promise<{ sha256: string; bytes: number; rows: number }> {
    try {
      this.flush();
    } catch (error) {
      await this.#sink.close().catch(() => undefined);
      throw error;
    }
    return { ...(await this.#sink.close()), rows: this.#rows };
  }
}

class FileSink implements Sink {
  readonly #path: string;
  readonly #file: number;
  readonly #hash = createHash("sha256");
  #bytes = 0;

  constructor(path: string) {
    this.#path = path;
    this.#file = attempt(path, "create", () => openSync(path, "w"));
  }

  write(bytes: Uint8Array): void {
    attempt(this.#path, "write", () => {
      for (let done = 0; done < bytes.length;) done += writeSync(this.#file, bytes, done);
    });
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
  }

  async close(): Promise<{ sha256: string; bytes: number }> {
    try {
      attempt(this.#path, "write", () => fsyncSync(this.#file));
    } finally {
      closeSync(this.#file);
    }
    return { sha256: this.#hash.digest("hex"), bytes: this.#bytes };
  }
}

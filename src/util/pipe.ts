/**
 * @file What can be read only once: standard input, a named pipe, a process substitution. Its first megabyte is kept, so that a reader may
 * look at the beginning and another start there again; what went through is hashed, because it cannot be afterwards.
 */
import { createHash } from "node:crypto";
import { createReadStream, statSync } from "node:fs";
import { DataError } from "./errors.ts";

const KEPT = 1 << 20;

export function isPipe(path: string): boolean {
  if (path === "-") return true;
  try {
    const found = statSync(path);
    return !found.isFile() && !found.isDirectory();
  } catch {
    // Whoever reads it will say why it cannot be.
    return false;
  }
}

/** Of `path`, opened at the first call. */
export function pipeAt(path: string): Pipe {
  let pipe = pipes.get(path);
  if (pipe === undefined) pipes.set(path, (pipe = new Pipe(path)));
  return pipe;
}

const pipes = new Map<string, Pipe>();

class Pipe {
  readonly #path: string;
  readonly #source: AsyncIterator<Buffer>;
  readonly #hash = createHash("sha256");
  #bytes = 0;
  #begin: Buffer[] = [];
  #gone = false;
  #asked: Promise<Buffer | undefined> | undefined;

  constructor(path: string) {
    this.#path = path;
    const stream: AsyncIterable<Buffer> = path === "-" ? process.stdin : createReadStream(path);
    this.#source = stream[Symbol.asyncIterator]();
  }

  /** From the beginning. Throws `DataError` where that has gone. */
  async *read(): AsyncGenerator<Buffer> {
    if (this.#gone) throw new DataError("comes from a pipe, which cannot be read twice; give a file", { file: this.#path });
    for (let at = 0; !this.#gone;) {
      if (at < this.#begin.length) {
        yield this.#begin[at++]!;
        continue;
      }
      const chunk = await this.#next();
      if (chunk === undefined) return;
      // Otherwise it is the next of the beginning.
      if (this.#gone) yield chunk;
    }
    for (let chunk = await this.#next(); chunk !== undefined; chunk = await this.#next()) yield chunk;
  }

  /** A reader that stopped may have left a question open: its answer is the next reader's too. */
  #next(): Promise<Buffer | undefined> {
    return (this.#asked ??= this.#ask().finally(() => (this.#asked = undefined)));
  }

  async #ask(): Promise<Buffer | undefined> {
    const answer = await this.#source.next();
    if (answer.done === true) return undefined;
    const { value } = answer;
    this.#hash.update(value);
    this.#bytes += value.length;
    if (this.#bytes <= KEPT) this.#begin.push(value);
    else {
      this.#gone = true;
      this.#begin = [];
    }
    return value;
  }

  /** Of all that was read. */
  digest(): { sha256: string; bytes: number } {
    return { sha256: this.#hash.copy().digest("hex"), bytes: this.#bytes };
  }
}

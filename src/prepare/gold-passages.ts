/** @file Whether the passages hold those that the judgements name: another collection, or other ids, would score nothing and say nothing. */
import { readRowsOf } from "../util/passage-lines.ts";

export class GoldPassages {
  readonly #absent = new Set<string>();
  readonly #found = new Set<string>();

  judged(passage: string): void {
    if (!this.#found.has(passage)) this.#absent.add(passage);
  }

  /** Most passages come after the judgements about them. */
  passage(id: string): void {
    if (this.#absent.delete(id)) this.#found.add(id);
  }

  /** `passages`: the file with all of them, read again only where some seem to be missing. */
  async count(passages: string | undefined): Promise<{ named: number; absent: number; example?: string } | undefined> {
    const named = this.#absent.size + this.#found.size;
    if (named === 0 || passages === undefined) return undefined;
    if (this.#absent.size > 0) for await (const { id } of readRowsOf(passages, (one) => this.#absent.has(one))) this.#absent.delete(id);
    const [example] = this.#absent;
    return { named, absent: this.#absent.size, ...(example === undefined ? {} : { example }) };
  }
}

/**
 * @file A table of bad inputs as tests: each must end in one readable error of its class that names the file, and leave nothing behind.
 *
 *     describeBadInput("prepare-data", { file: "turns.jsonl", read: (path) => prepareData({ … path … }), cases: [
 *       ...BAD_LINES,
 *       { name: "an unknown role", content: '{"role":"king"}\n', says: /:1: role: / },
 *     ] });
 */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { UniconvError } from "../../src/util/errors.ts";
import { tempDir } from "./temp.ts";

/** As content: a directory lies where the file should be. */
export const DIRECTORY = Symbol("a directory");

export interface BadInput {
  /** Completes "… is refused". */
  name: string;
  /** null: the file is missing. */
  content: string | Uint8Array | typeof DIRECTORY | null;
  /** What the message must say beside the path of the file. */
  says: RegExp;
  /** 3 unless stated: bad input. */
  exitCode?: number;
}

export interface Reading {
  /** The name that the bad file gets. */
  file: string;
  /** Reads it; a generator is read to its end. Whatever it writes belongs into `dir`. */
  read: (path: string, dir: string) => unknown;
  cases: readonly BadInput[];
}

export function describeBadInput(title: string, { file, read, cases }: Reading): void {
  describe(title, () => {
    test.each(cases)("$name is refused", async ({ content, says, exitCode = 3 }) => {
      const dir = tempDir();
      const path = join(dir, file);
      if (content === DIRECTORY) mkdirSync(path);
      else if (content !== null) writeFileSync(path, content);
      const before = readdirSync(dir, { recursive: true });
      const error = await failure(() => read(path, dir));
      expect(error, String(error)).toBeInstanceOf(UniconvError);
      const { exitCode: code, message } = error as UniconvError;
      expect(message).toMatch(says);
      expect(message).toContain(file);
      expect(code).toBe(exitCode);
      expect(message.length, "one screen").toBeLessThan(1600);
      expect(readdirSync(dir, { recursive: true }), "nothing half-written").toEqual(before);
    });
  });
}

/** What every reader of JSON lines must refuse, whatever its records are. */
export const BAD_LINES: readonly BadInput[] = [
  { name: "a missing file", content: null, says: /: no such file/ },
  { name: "a directory", content: DIRECTORY, says: /is a directory/ },
  { name: "an empty file", content: "", says: /0 records/ },
  { name: "half a line", content: '{"id":"1', says: /:1: the file ends inside a JSON value/ },
  { name: "a line that is no JSON", content: "id\ttext\n", says: /:1: byte 1: expected a value, found 'i'/ },
  { name: "a JSON array", content: "[{}]\n", says: /:1: .*JSON array where JSON lines are expected/ },
  { name: "pretty-printed JSON", content: '{\n  "id": "1"\n}\n', says: /:1: pretty-printed/ },
  { name: "a repeated key", content: '{"id":"1","id":"2"}\n', says: /:1: byte 11: the key "id" is there twice/ },
  { name: "an integer beyond 2^53", content: '{"id":9007199254740993}\n', says: /:1: byte 7: an integer beyond 2\^53/ },
  { name: "text that is not UTF-8", content: Buffer.from('{"id":"\xff"}\n', "latin1"), says: /:1: byte 8: not UTF-8/ },
  { name: "UTF-16", content: Buffer.from('\ufeff{"id":"1"}\n', "utf16le"), says: /:1: .*UTF-16/ },
  { name: "a ZIP archive", content: Buffer.from("PK\u0003\u0004\n{}\n", "latin1"), says: /:1: .*ZIP archive; unpack it/ },
  { name: "gzip under another name", content: Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]), says: /gzip/ },
];

/** The same for a file that is one JSON array or object. */
export const BAD_JSON: readonly BadInput[] = [
  { name: "a missing file", content: null, says: /: no such file/ },
  { name: "a directory", content: DIRECTORY, says: /is a directory/ },
  { name: "an empty file", content: "", says: /empty|ends inside/ },
  { name: "half a file", content: '[{"id":"1"', says: /expected a JSON object|the file ends inside a JSON value/ },
  { name: "what is no JSON", content: "id\ttext\n", says: /:1: byte 1: expected / },
  { name: "text that is not UTF-8", content: Buffer.from('["\xff"]', "latin1"), says: /expected a JSON object|:1: byte \d: not UTF-8/ },
  { name: "UTF-16", content: Buffer.from("\ufeff[]", "utf16le"), says: /UTF-16/ },
  { name: "a ZIP archive", content: Buffer.from("PK\u0003\u0004[]", "latin1"), says: /ZIP archive; unpack it/ },
];

async function failure(action: () => unknown): Promise<unknown> {
  try {
    const result = await action();
    if (typeof result === "object" && result !== null && Symbol.asyncIterator in result) {
      for await (const _ of result as AsyncIterable<unknown>);
    }
  } catch (error) {
    return error;
  }
  return new Error("it was accepted");
}

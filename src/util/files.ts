/** @file Small files, whole or not at all; every failure names its path. */
import { closeSync, fsyncSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { DataError } from "./errors.ts";
import { attempt, inputError } from "./io-errors.ts";
import { parseJson } from "./json.ts";

/** The old content or the new one, never a part: written beside, fsynced, renamed. */
export function writeFileAtomic(path: string, content: Uint8Array | string): void {
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    writeFileDurable(beside, content);
    attempt(path, "write", () => renameSync(beside, path));
  } catch (error) {
    attempt(beside, "delete", () => rmSync(beside, { force: true }));
    throw error;
  }
  fsyncPath(dirname(path));
}

/** Deletes what a kill inside `writeFileAtomic` left anywhere in `dir`. */
export function sweep(dir: string): void {
  attempt(dir, "tidy", () => {
    for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
      if (/^\..*\.\d+\.tmp$/.test(entry.name)) rmSync(join(entry.parentPath, entry.name), { force: true });
    }
  });
}

/** Writes all bytes, whatever a single write takes, and waits for the disk. */
export function writeFileDurable(path: string, content: Uint8Array | string): void {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  attempt(path, "write", () => {
    const file = openSync(path, "w");
    try {
      for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  });
}

/** Waits until a file, or the names in a directory, are on the disk. */
export function fsyncPath(path: string): void {
  attempt(path, "sync", () => {
    const file = openSync(path, "r");
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  });
}

/** An input that is not there is bad input (exit 3). */
export function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw inputError(error, path);
  }
}

export function readText(path: string): string {
  const bytes = withoutMark(readBytes(path));
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new DataError("not UTF-8 text", { file: path }, { cause: error });
  }
}

/** One JSON value that is the whole file. */
export function readJson(path: string): unknown {
  return parseJson(withoutMark(readBytes(path)), { file: path });
}

function withoutMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

/** @file Small files, whole or not at all; every failure names its path. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { DataError } from "./errors.ts";
import { attempt, errorCode, inputError } from "./io-errors.ts";
import { parseJson } from "./json.ts";

/** The folder and those above it. One by one: where the system answers ENOENT below a folder that is there (/proc), Node's recursive mkdir never returns. */
export function makeFolder(path: string): void {
  attempt(path, "create", () => {
    const missing: string[] = [];
    for (let at = resolve(path); !existsSync(at); at = dirname(at)) missing.unshift(at);
    if (missing.length === 0) missing.push(path);
    for (const folder of missing) {
      try {
        mkdirSync(folder);
      } catch (error) {
        // Another process may have been quicker.
        if (!(errorCode(error) === "EEXIST" && statSync(folder).isDirectory())) throw error;
      }
    }
  });
}

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

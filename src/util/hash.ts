/** @file SHA-256 of bytes and of files. */
import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { inputError } from "./io-errors.ts";

const BLOCK = 1 << 20;

export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export function sha256File(path: string): string {
  return digestFile(path).sha256;
}

/** Hash, size and number of lines in one pass; a last line without its end counts. */
export function digestFile(path: string): { sha256: string; bytes: number; lines: number } {
  const hash = createHash("sha256");
  const block = Buffer.allocUnsafe(BLOCK);
  let bytes = 0;
  let lines = 0;
  let last = 10;
  try {
    const file = openSync(path, "r");
    try {
      for (let read = readSync(file, block); read > 0; read = readSync(file, block)) {
        const piece = block.subarray(0, read);
        hash.update(piece);
        bytes += read;
        last = piece[read - 1]!;
        for (let at = piece.indexOf(10); at !== -1; at = piece.indexOf(10, at + 1)) lines++;
      }
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw inputError(error, path);
  }
  return { sha256: hash.digest("hex"), bytes, lines: last === 10 ? lines : lines + 1 };
}

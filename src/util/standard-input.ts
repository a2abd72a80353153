/**
 * @file Standard input as a file: what reads a dataset looks at a file's first byte, hashes it and may go through it twice, and a pipe gives
 * its bytes once. They are kept in the directory for temporary files while the work lasts.
 */
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Interrupted, UsageError } from "./errors.ts";
import { ioError } from "./io-errors.ts";
import { inScratchDir } from "./scratch-dir.ts";

const DASH = "-";

/** `action` gets the file that stands for each path: the path itself unless that is `-`. */
export async function withStandardInput<T>(
  { paths, signal }: { paths: readonly string[]; signal: AbortSignal },
  action: (fileOf: (path: string) => string) => Promise<T>,
): Promise<T> {
  const dashes = paths.filter((path) => path === DASH).length;
  if (dashes > 1) throw new UsageError("- is named twice, but standard input can be read only once");
  if (dashes === 0) return action((path) => path);
  return inScratchDir(async (dir) => {
    const file = join(dir, "standard-input");
    await keep(file, signal);
    return action((path) => (path === DASH ? file : path));
  });
}

async function keep(file: string, signal: AbortSignal): Promise<void> {
  try {
    await pipeline(process.stdin, createWriteStream(file), { signal });
  } catch (error) {
    if (signal.aborted) throw new Interrupted("stopped while standard input was read");
    throw ioError(error, file, "keep standard input");
  }
}

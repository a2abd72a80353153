/** @file Turns what the operating system answers into an error that names the path and the remedy. */
import { DataError, IoError, UniconvError } from "./errors.ts";

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "no space left on the device; free some and run again (with --resume where a .partial is left)",
  EDQUOT: "the disk quota is used up; free some space and run again (with --resume where a .partial is left)",
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  EROFS: "the file system is read-only",
  ENOENT: "no such file or directory",
  ENOTDIR: "a part of the path is not a directory",
  EISDIR: "is a directory",
  ENAMETOOLONG: "the name is too long",
  EMFILE: "too many open files",
  EXDEV: "source and target are on different file systems",
};

/** `doing` completes "cannot …": "write", "read", "rename". */
export function ioError(error: unknown, path: string, doing: string): Error {
  const code = errorCode(error);
  if (error instanceof UniconvError || code === undefined) return error as Error;
  return new IoError(`${path}: cannot ${doing}: ${REASONS[code] ?? (error as Error).message}`, { cause: error });
}

/** As `ioError`, but an input that is not there, or is a directory, is bad input. */
export function inputError(error: unknown, path: string): Error {
  const code = errorCode(error);
  if (code === "ENOENT" || code === "ENOTDIR") return new DataError("no such file", { file: path }, { cause: error });
  if (code === "EISDIR") return new DataError("is a directory, a file was expected", { file: path }, { cause: error });
  return ioError(error, path, "read");
}

export function errorCode(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && "syscall" in (error as object) ? code : undefined;
}

export function attempt<T>(path: string, doing: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw ioError(error, path, doing);
  }
}

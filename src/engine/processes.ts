/** @file What processes of this one have in common: none outlives it, and how one ended is said in one way. */
import type { ChildProcess } from "node:child_process";
import { Interrupted, IoError } from "../util/errors.ts";

export interface End {
  code: number | null;
  signal: NodeJS.Signals | null;
}

const live = new Set<ChildProcess>();
let watching = false;

/** A child outlives no parent: killed when this process exits, and it leaves by itself when the channel closes. */
export function keep(child: ChildProcess): void {
  if (!watching) process.once("exit", () => live.forEach((one) => one.kill("SIGKILL")));
  watching = true;
  live.add(child);
}

export function letGo(child: ChildProcess): void {
  live.delete(child);
}

export interface Deceased {
  /** What it did, as in "the process for …". */
  name: string;
  /** What to try where memory ran out. */
  remedy?: string;
  /** What remains, such as the last good checkpoint. */
  remains?: (() => string | undefined) | undefined;
}

/** The error of a process that ended without an answer; `tail` is the last it wrote. */
export function deathOf(
  { name, remedy = "Use a smaller --batch-size.", remains }: Deceased,
  { code, signal, tail = "" }: End & { tail?: string },
): Error {
  const kept = remains?.();
  const after = kept === undefined ? "" : ` ${kept}`;
  if (signal === "SIGKILL")
    return new IoError(`The process for ${name} was killed (SIGKILL): most likely memory ran out. ${remedy}${after}`);
  if (signal === "SIGBUS") {
    return new IoError(`The process for ${name} was ended by SIGBUS: a file it had mapped, weights or index, was cut short.${after}`);
  }
  // Ctrl-C reaches every process of a terminal, and one that has just started cannot hold it off yet.
  if (signal === "SIGINT" || signal === "SIGTERM")
    return new Interrupted(`The process for ${name} was stopped (${signal}) before it began; --resume goes on.${after}`, signal);
  const how = signal === null ? `left with code ${code} and no result` : `was ended by ${signal}`;
  return new Error(`The process for ${name} ${how}.${after}${tail === "" ? "" : `\nIts last words:\n${tail}`}`);
}

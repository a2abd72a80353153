/** @file Runs the command line as users do: another process, its streams and its exit code. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../src/util/package-root.ts";

export interface Ran {
  stdout: string;
  stderr: string;
  code: number | null;
}

export interface Surroundings {
  cwd?: string;
  env?: Record<string, string>;
  /** Arguments of Node before the script. */
  node?: readonly string[];
  /** `pipe`: the test writes it; otherwise there is none. */
  stdin?: "pipe";
  /** Files that a stream goes to instead. */
  stdoutTo?: string;
  stderrTo?: string;
}

export const BIN = join(packageRoot(), "bin/uniconv.js");

/** None of the variables that would change what is tested. */
function environment(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(UNICONV_|GITHUB_|NO_COLOR|FORCE_COLOR|NODE_OPTIONS|VITEST)/.test(name));
  return { ...Object.fromEntries(kept), ...extra };
}

export function startCli(args: readonly string[], surroundings: Surroundings = {}): { child: ChildProcess; ended: Promise<Ran> } {
  return start(process.execPath, [...(surroundings.node ?? []), BIN, ...args], surroundings);
}

export function runCli(args: readonly string[], surroundings: Surroundings = {}): Promise<Ran> {
  return startCli(args, surroundings).ended;
}

/** The exit code is all that is left to see: it comes on standard error. Any POSIX shell will do. */
export function runBeforeLeavingReader(args: readonly string[]): Promise<Ran> {
  return start("sh", ["-c", '{ "$0" "$@"; echo "exit $?" >&2; } | true', process.execPath, BIN, ...args], {}).ended;
}

function start(command: string, args: readonly string[], { cwd, env, stdin, stdoutTo, stderrTo }: Surroundings) {
  const files = [stdoutTo, stderrTo].map((path) => (path === undefined ? undefined : openSync(path, "w")));
  const child = spawn(command, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env: environment(env),
    stdio: [stdin ?? "ignore", files[0] ?? "pipe", files[1] ?? "pipe"],
  });
  for (const file of files) if (file !== undefined) closeSync(file);
  const ran: Ran = { stdout: "", stderr: "", code: null };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (ran.stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (ran.stderr += text));
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ ...ran, code }));
  });
  return { child, ended };
}

/** @file Runs the command line as users do: another process, its streams and its exit code. */
import { type ChildProcess, spawn } from "node:child_process";
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
}

export const BIN = join(packageRoot(), "bin/uniconv.js");

/** None of the variables that would change what is tested. */
function environment(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(UNICONV_|GITHUB_|NO_COLOR|FORCE_COLOR|NODE_OPTIONS|VITEST)/.test(name));
  return { ...Object.fromEntries(kept), ...extra };
}

export function startCli(args: readonly string[], { cwd, env }: Surroundings = {}): { child: ChildProcess; ended: Promise<Ran> } {
  return start(process.execPath, [BIN, ...args], { ...(cwd === undefined ? {} : { cwd }), env: environment(env) });
}

export function runCli(args: readonly string[], surroundings: Surroundings = {}): Promise<Ran> {
  return startCli(args, surroundings).ended;
}

/** For redirections and pipes; $CLI is the command line, to be used unquoted. */
export function runShell(script: string, { cwd, env }: Surroundings = {}): Promise<Ran> {
  const options = { ...(cwd === undefined ? {} : { cwd }), env: { ...environment(env), CLI: `${process.execPath} ${BIN}` } };
  return start("bash", ["-c", script], options).ended;
}

function start(command: string, args: readonly string[], options: { cwd?: string; env: NodeJS.ProcessEnv }) {
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  const ran: Ran = { stdout: "", stderr: "", code: null };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (ran.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (ran.stderr += text));
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ ...ran, code }));
  });
  return { child, ended };
}

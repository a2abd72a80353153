/** @file Child processes: one per measurement, so that the peak of its memory is its own. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProcessUsage } from "./children/report-peak.ts";

export interface Timed {
  seconds: number;
  /** Of the Node processes it started, itself included: the largest peak, and all CPU time. */
  peakMb: number;
  cpuSeconds: number;
  stdout: string;
}

/** Runs a program to its end; anything but exit 0 is an error that shows the last lines it wrote. */
export function runProgram(command: string, args: readonly string[], env: Record<string, string> = {}): Promise<Timed> {
  const folder = mkdtempSync(join(tmpdir(), "uniconv-bench-"));
  const hook = new URL("./children/report-peak.js", import.meta.url).href;
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(command, args, {
      env: { ...process.env, NODE_OPTIONS: `--import ${hook}`, UNICONV_BENCH_USAGE: folder, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr = (stderr + text).slice(-4000)));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      const elapsed = (performance.now() - start) / 1000;
      const usages = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as ProcessUsage);
      rmSync(folder, { recursive: true, force: true });
      const peakMb = Math.max(0, ...usages.map((usage) => usage.peakMb));
      const cpuSeconds = usages.reduce((sum, usage) => sum + usage.cpuSeconds, 0);
      if (code === 0) resolve({ seconds: elapsed, peakMb, cpuSeconds, stdout });
      else reject(new Error(`${command} ${args.join(" ")} ended with ${code ?? signal}:\n${stderr || stdout.slice(-2000)}`));
    });
  });
}

/** What a program printed last, as JSON. */
export function lastLine<Result>({ stdout }: Pick<Timed, "stdout">): Result {
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "null") as Result;
}

/** Every measurement once per round, in turn: what slows the machine slows all of them. */
export async function alternate<Results extends Record<string, () => Promise<unknown>>>(
  rounds: number,
  measurements: Results,
): Promise<{ [Name in keyof Results]: Awaited<ReturnType<Results[Name]>>[] }> {
  const results = Object.fromEntries(Object.keys(measurements).map((name) => [name, [] as unknown[]]));
  for (let round = 0; round < rounds; round++)
    for (const [name, measure] of Object.entries(measurements)) results[name]!.push(await measure());
  return results as { [Name in keyof Results]: Awaited<ReturnType<Results[Name]>>[] };
}

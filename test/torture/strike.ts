/** @file Ends a run of the command line at a drawn moment, in one of the ways runs end: out of memory, power, Ctrl-C, a scheduler. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { packageRoot } from "../../src/util/package-root.ts";
import type { Rng } from "../../src/util/rng.ts";
import { childrenOf, followersOf, goneWithin } from "../helpers/alive.ts";

/** Who is hit: both processes (power), the command line alone, the engine alone (out of memory). */
type Victim = "all" | "command line" | "engine";

export interface Strike {
  signal: "SIGKILL" | "SIGINT" | "SIGTERM";
  victim: Victim;
  /** A second of the same signal after so many milliseconds: leave at once. */
  again?: number;
  /** Counted from the start, from the first new checkpoint, or from the first file of the result. */
  from: "start" | "checkpoint" | "result";
  /** Milliseconds after that. */
  delay: number;
}

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stderr: string;
  /** Milliseconds from start to end. */
  took: number;
  /** Whether the run was there to be hit. */
  struck: boolean;
  /** The processes it had started when it ended, those still there. */
  left: number[];
}

export const CLI = join(packageRoot(), "bin/uniconv.js");
/** Time an engine has to notice that it is alone: a step of the small models takes less by far. */
const ORPHAN_MS = 20_000;
const POLL_MS = 3;
const WAYS = [
  ...Array.from({ length: 5 }, () => ({ signal: "SIGKILL", victim: "all" }) as const),
  ...Array.from({ length: 2 }, () => ({ signal: "SIGKILL", victim: "command line" }) as const),
  { signal: "SIGKILL", victim: "engine" } as const,
  { signal: "SIGINT", victim: "all" } as const,
  { signal: "SIGTERM", victim: "command line" } as const,
  { signal: "SIGTERM", victim: "all" } as const,
];

/** `whole`: milliseconds of an undisturbed run. `marks`: whether it leaves checkpoints and results to wait for. */
export function drawStrike(rng: Rng, { whole, marks }: { whole: number; marks: boolean }): Strike {
  const way = rng.pick(WAYS);
  const from = marks ? rng.pick(["start", "start", "checkpoint", "checkpoint", "result"] as const) : "start";
  const delay = from === "start" ? rng.uniform() * whole : rng.int(from === "checkpoint" ? 80 : 40);
  const again = way.signal !== "SIGKILL" && rng.int(4) === 0 ? { again: rng.int(30) } : {};
  return { ...way, ...again, from, delay: Math.round(delay) };
}

export const describeStrike = ({ signal, victim, again, from, delay }: Strike): string =>
  `${signal} ${again === undefined ? "" : `twice (${again} ms) `}to ${victim}, ${delay} ms after ${from === "start" ? "the start" : `a ${from}`}`;

/** Runs the command, `--output` `output` among its arguments; without a strike to its end. */
export async function run(args: readonly string[], { output, strike }: { output: string; strike?: Strike | undefined }): Promise<Ended> {
  const known = new Set(namesIn(`${output}.partial/checkpoints`));
  const begin = performance.now();
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ["ignore", "ignore", "pipe"], detached: true });
  const said = text(child.stderr);
  const ended = new Promise<Pick<Ended, "code" | "signal">>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  let struck = false;
  if (strike !== undefined) {
    const reached = {
      start: () => true,
      checkpoint: () => namesIn(`${output}.partial/checkpoints`).some((name) => !known.has(name)),
      result: () => namesIn(`${output}.partial`).some((name) => /\.safetensors|\.tmp$/.test(name)),
    }[strike.from];
    while (lives(child) && !reached()) await sleep(POLL_MS);
    for (const end = performance.now() + strike.delay; lives(child) && performance.now() < end;)
      await sleep(Math.min(20, end - performance.now()));
    struck = lives(child) && hit(child, strike);
    if (struck && strike.again !== undefined) {
      await sleep(strike.again);
      if (lives(child)) hit(child, strike);
    }
  }
  const end = await ended;
  const took = performance.now() - begin;
  return { ...end, took, struck, left: followersOf(child.pid!), stderr: await said };
}

/** Of the processes that a run left, those that do not leave by themselves. */
export async function orphansOf(left: readonly number[]): Promise<number[]> {
  const gone = await Promise.all(left.map((pid) => goneWithin(pid, ORPHAN_MS)));
  return left.filter((_, at) => !gone[at]);
}

const lives = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

function hit({ pid: leader }: ChildProcess, { signal, victim }: Strike): boolean {
  const pids = victim === "engine" ? childrenOf(leader!) : [victim === "all" ? -leader! : leader!];
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
      return false;
    }
  }
  return pids.length > 0;
}

const namesIn = (dir: string): string[] => {
  try {
    return existsSync(dir) ? readdirSync(dir) : [];
  } catch {
    return []; // Renamed between the two.
  }
};

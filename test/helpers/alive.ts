/** @file Whether a process lives, and which ones it started, by /proc. */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A zombie, which nobody has reaped yet, is dead. */
export const alive = (pid: number): boolean => !["Z", undefined].includes(fields(pid)?.[0]);

export async function goneWithin(pid: number, milliseconds: number): Promise<boolean> {
  for (const end = Date.now() + milliseconds; Date.now() < end; await sleep(20)) if (!alive(pid)) return true;
  return !alive(pid);
}

export function childrenOf(pid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => fields(child)?.[1] === String(pid));
}

/** State, parent, …: what follows the name in /proc/PID/stat. */
function fields(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

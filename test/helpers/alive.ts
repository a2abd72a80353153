/** @file Whether a process lives, and which ones it started, by /proc. */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A zombie, which nobody has reaped yet, is dead. */
export const alive = (pid: number): boolean => !["Z", undefined].includes(fields(pid)?.[0]);

export async function goneWithin(pid: number, milliseconds: number): Promise<boolean> {
  for (const end = Date.now() + milliseconds; Date.now() < end; await sleep(20)) if (!alive(pid)) return true;
  return !alive(pid);
}

export const childrenOf = (pid: number): number[] => processes().filter((child) => fields(child)?.[1] === String(pid));

/** The living processes of a process group, its leader left out. */
export const followersOf = (leader: number): number[] =>
  processes().filter((pid) => pid !== leader && fields(pid)?.[2] === String(leader) && alive(pid));

const processes = (): number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

/** State, parent, group, …: what follows the name in /proc/PID/stat. */
function fields(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

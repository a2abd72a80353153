/**
 * @file One writer per output. A claim is an empty file beside the output, named by host, process and start time, so that a dead
 * process is known from its name and its claim may be removed without a race: no later process ever has the same name.
 */
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UnavailableError } from "./errors.ts";
import { sha256 } from "./hash.ts";
import { attempt } from "./io-errors.ts";

const TRIES = 6;
let claims = 0;

/** Resolves to the release. Rejects with `UnavailableError` while another writer holds the lock. */
export async function lock(output: string): Promise<() => void> {
  const claim = `${output}.lock.${host()}.${boot()}.${process.pid}.${startOf(process.pid)}.${claims++}`;
  for (let left = TRIES; ; left--) {
    // First claim, then look: of two that start together at least one sees the other. Both may; then both step back and try again.
    attempt(claim, "create the lock", () => writeFileSync(claim, "", { flag: "wx" }));
    const rival = rivals(output, claim)[0];
    if (rival === undefined) return () => attempt(claim, "remove the lock", () => rmSync(claim, { force: true }));
    attempt(claim, "remove the lock", () => rmSync(claim, { force: true }));
    if (left === 1) {
      throw new UnavailableError(`${output} is being written by another process; wait for it, or, if it runs no more, delete ${rival}`);
    }
    await sleep(20 + Math.random() * 60);
  }
}

/** The claims of others that may be alive; those of dead processes are removed. */
function rivals(output: string, own: string): string[] {
  const directory = dirname(output);
  const prefix = `${basename(output)}.lock.`;
  const names = attempt(directory, "read", () => readdirSync(directory)).filter(
    (name) => name.startsWith(prefix) && name !== basename(own),
  );
  return names.flatMap((name) => {
    const path = join(directory, name);
    const [claimHost, claimBoot, pid, start] = name.slice(prefix.length).split(".");
    if (claimHost !== host()) return [path]; // Another machine on a shared disk: nobody here can tell.
    if (claimBoot === boot() && startOf(Number(pid)) === start) return [path];
    attempt(path, "remove the dead lock", () => rmSync(path, { force: true }));
    return [];
  });
}

/** Field 22 of /proc/PID/stat: clock ticks from boot to start. "alive" where there is no /proc; undefined for the dead, zombies too. */
function startOf(pid: number): string | undefined {
  if (existsSync("/proc/self/stat")) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return fields[0] === "Z" ? undefined : fields[19];
    } catch {
      return undefined;
    }
  }
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return undefined;
  }
  return "alive";
}

function host(): string {
  return sha256(hostname()).slice(0, 8);
}

/** Process ids mean something since the last boot only. */
function boot(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").slice(0, 8);
  } catch {
    return "0";
  }
}

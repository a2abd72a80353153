/** @file How many threads this process may really use: affinity and the CPU quota of its control group included. */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";

export function availableThreads(root = "/sys/fs/cgroup", membership = "/proc/self/cgroup"): number {
  return Math.max(1, Math.min(availableParallelism(), Math.ceil(quota(root, membership))));
}

/** The tightest quota in CPUs of the group and the groups around it. */
function quota(root: string, membership: string): number {
  let least = Infinity;
  for (const line of read(membership).split("\n")) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path === undefined || (controllers !== "" && !controllers!.split(",").includes("cpu"))) continue;
    const mount = controllers === "" ? root : join(root, "cpu");
    for (let group = path; ; group = dirname(group)) {
      least = Math.min(least, controllers === "" ? limitV2(join(mount, group)) : limitV1(join(mount, group)));
      if (group === "/" || group === ".") break;
    }
  }
  return least;
}

/** `cpu.max` holds "QUOTA PERIOD" or "max PERIOD". */
function limitV2(group: string): number {
  const [limit, period] = read(join(group, "cpu.max")).trim().split(" ").map(Number);
  return limit! > 0 && period! > 0 ? limit! / period! : Infinity;
}

/** `-1` means no quota. */
function limitV1(group: string): number {
  const limit = Number(read(join(group, "cpu.cfs_quota_us")) || -1);
  const period = Number(read(join(group, "cpu.cfs_period_us")) || -1);
  return limit > 0 && period > 0 ? limit / period : Infinity;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

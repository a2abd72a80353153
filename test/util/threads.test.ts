/** @file The cores a process really has. */
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { availableThreads } from "../../src/util/threads.ts";
import { tempDir } from "../helpers/temp.ts";

const cores = availableParallelism();

/** A cgroup tree with these files; `membership` is /proc/self/cgroup. */
function tree(membership: string, files: Record<string, string>): number {
  const root = tempDir();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(root, name, ".."), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  writeFileSync(join(root, "membership"), membership);
  return availableThreads(root, join(root, "membership"));
}

describe("availableThreads", () => {
  test("without a quota it is the cores this process may run on", () => {
    expect(availableThreads("/nowhere", "/nowhere")).toBe(cores);
    expect(tree("0::/job\n", { "job/cpu.max": "max 100000\n" })).toBe(cores);
    expect(tree("4:cpu,cpuacct:/job\n", { "cpu/job/cpu.cfs_quota_us": "-1\n", "cpu/job/cpu.cfs_period_us": "100000\n" })).toBe(cores);
  });

  test.each([
    ["version 2", "0::/job\n", { "job/cpu.max": "100000 100000\n" }],
    ["version 2, half a core", "0::/job\n", { "job/cpu.max": "50000 100000\n" }],
    ["version 2, set above the group", "0::/a/b/c\n", { "a/cpu.max": "100000 100000\n", "a/b/c/cpu.max": "max 100000\n" }],
    ["version 2, set at the root, as a container sees it", "0::/\n", { "cpu.max": "100000 100000\n" }],
    ["version 1", "9:memory:/x\n4:cpu,cpuacct:/job\n", { "cpu/job/cpu.cfs_quota_us": "100000\n", "cpu/job/cpu.cfs_period_us": "100000\n" }],
  ])("a quota of one core gives one thread: %s", (_, membership, files) => {
    expect(tree(membership, files)).toBe(1);
  });

  test("a quota above the cores changes nothing", () => {
    expect(tree("0::/\n", { "cpu.max": `${(cores + 5) * 100000} 100000\n` })).toBe(cores);
  });
});

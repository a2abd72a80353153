/** @file The machine: Node, cores, memory, disk. */
import { mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { arch, availableParallelism, cpus, platform, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../util/package-root.ts";
import { availableThreads } from "../util/threads.ts";
import type { Check } from "./check.ts";

export function machineChecks(cwd: string): Check[] {
  return [node(process.versions.node, engines()), platformCheck(), cores(), memory(), disk(cwd), temporary(tmpdir())];
}

/** `range` is what package.json asks for, as `>=20.19`. */
export function node(version: string, range: string): Check {
  const wanted = range.replace(/^>=/, "");
  const enough = compareVersions(version, wanted) >= 0;
  return {
    id: "machine.node",
    name: "Node",
    status: enough ? "ok" : "broken",
    found: `${version} (${range} is needed)`,
    ...(enough ? {} : { fix: [`install Node ${wanted} or newer: https://nodejs.org`] }),
    facts: { version, needed: range },
  };
}

function platformCheck(): Check {
  const model = cpus()[0]?.model.trim();
  const facts = { platform: platform(), arch: arch(), release: release() };
  return {
    id: "machine.platform",
    name: "platform",
    status: "ok",
    found: `${facts.platform} ${facts.arch}${model ? `, ${model}` : ""}`,
    facts,
  };
}

function cores(): Check {
  const [usable, visible] = [availableThreads(), availableParallelism()];
  const limit = usable < visible ? ` of ${visible} (the control group allows no more)` : "";
  return { id: "machine.cores", name: "cores", status: "ok", found: `${usable}${limit}`, facts: { usable, visible } };
}

function memory(): Check {
  const total = totalmem();
  // 0 or a number beyond any machine where there is no limit.
  const limit = process.constrainedMemory();
  const usable = limit > 0 && limit < total ? limit : total;
  const available = Math.min(usable, process.availableMemory());
  const of = usable < total ? ` (limit of the control group; the machine has ${gigabytes(total)})` : "";
  return {
    id: "machine.memory",
    name: "memory",
    status: "ok",
    found: `${gigabytes(usable)}${of}, ${gigabytes(available)} available now`,
    facts: { total_bytes: total, usable_bytes: usable, available_bytes: available },
  };
}

function disk(cwd: string): Check {
  const { bavail, bsize } = statfsSync(cwd);
  const free = bavail * bsize;
  return {
    id: "machine.disk",
    name: "disk",
    status: "ok",
    found: `${gigabytes(free)} free at ${cwd}`,
    facts: { path: cwd, free_bytes: free },
  };
}

/** Sorting and splitting large inputs go over temporary files. */
export function temporary(folder: string): Check {
  const about = { id: "machine.tmp", name: "temporary folder", facts: { path: folder } };
  try {
    const made = mkdtempSync(join(folder, "uniconv-doctor-"));
    const file = join(made, "written");
    writeFileSync(file, "x".repeat(4096));
    const same = readFileSync(file, "utf8").length === 4096;
    rmSync(made, { recursive: true });
    if (!same) throw new Error("what was written was not read back");
    return { ...about, status: "ok", found: `${folder} can be written` };
  } catch (error) {
    return {
      ...about,
      status: "broken",
      found: `${folder} cannot be written: ${(error as Error).message}`,
      fix: ["export TMPDIR=/a/folder/with/space"],
    };
  }
}

function engines(): string {
  return (JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as { engines: { node: string } }).engines.node;
}

/** Negative, zero or positive; missing parts count as 0. */
export function compareVersions(a: string, b: string): number {
  const parts = (version: string): number[] => version.split(/[.+-]/).map((part) => Number.parseInt(part, 10) || 0);
  const [x, y] = [parts(a), parts(b)];
  for (let at = 0; at < Math.max(x.length, y.length); at++) {
    const difference = (x[at] ?? 0) - (y[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

export const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(bytes < 1e10 ? 1 : 0)} GB`;

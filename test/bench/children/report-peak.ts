/** @file Loaded into every measured Node process: writes its peak resident memory, in MB, and its CPU seconds when it ends. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { isMainThread } from "node:worker_threads";

export interface ProcessUsage {
  peakMb: number;
  cpuSeconds: number;
}

const folder = process.env["UNICONV_BENCH_USAGE"];
if (folder && isMainThread)
  process.on("exit", () => {
    const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
    const usage: ProcessUsage = { peakMb: maxRSS / 1024, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6 };
    writeFileSync(join(folder, String(process.pid)), JSON.stringify(usage));
  });

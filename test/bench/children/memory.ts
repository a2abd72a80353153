/** @file Peak resident memory of this process. */
import { readFileSync, writeFileSync } from "node:fs";

/** VmHWM where the kernel tells it, else what getrusage says (which a parent's memory may have raised). */
export function peakMb(): number {
  try {
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
    if (line) return Number(line[1]) / 1024;
  } catch {
    // not Linux
  }
  return process.resourceUsage().maxRSS / 1024;
}

/** Starts the peak anew at what is resident now, where the kernel can. */
export function resetPeak(): void {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
  } catch {
    // not Linux: the peak stays that of the whole life
  }
}

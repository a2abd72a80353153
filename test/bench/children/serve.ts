/** @file A measuring child in lockstep: one unit of work per line it reads, one line of JSON per unit. */
import { createInterface } from "node:readline";
import { peakMb, resetPeak } from "./memory.ts";

export interface Measured {
  seconds: number;
  /** Over all its threads: what the work cost, whoever else was using the machine. */
  cpuSeconds: number;
  /** Peak resident memory before the first unit, and since. */
  beforeMb: number;
  peakMb: number;
}

export async function serve<Result extends object>(work: () => Promise<Result>): Promise<void> {
  const beforeMb = peakMb();
  resetPeak();
  for await (const _ of createInterface({ input: process.stdin })) {
    const [cpu, start] = [process.cpuUsage(), performance.now()];
    const result = await work();
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    console.log(JSON.stringify({ ...result, seconds, cpuSeconds: (user + system) / 1e6, beforeMb, peakMb: peakMb() }));
  }
}

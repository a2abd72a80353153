/** @file Two sides of the same training step: equal losses first, then whose time and memory. */
import { join } from "node:path";
import { packageRoot } from "../../src/util/package-root.ts";
import { median, megabytes, type Row, seconds } from "./bench.ts";
import type { Measured } from "./children/serve.ts";
import { type Command, speedup } from "./lockstep.ts";

export type Step = Measured & { loss: number; versions?: string };

export interface Side {
  first: Step;
  results: Step[];
}

export const pythonPeer = (python: string, script: string, ...args: string[]): Command => ({
  program: python,
  args: [join(packageRoot(), "test/bench/peers", script), ...args],
});

export const withoutPython = (what: string): Row => ({ what, value: "skipped: no Python with the peers' packages (--python PATH)" });

/** Rows of a comparison; `speed` and `memory` are what the ratios by the clock and of the peaks should reach. */
export function against(
  { name, ours, peer }: { name: string; ours: Side; peer: Side },
  { speed, memory }: { speed?: number; memory?: number } = {},
): Row[] {
  sameWork(name, ours, peer);
  const peak = peer.results.at(-1)!.peakMb;
  const of = (side: Side): number => median(side.results.map((step) => step.seconds));
  return [
    { what: `${name}, step`, value: seconds(of(peer)) },
    ...(peer.first.versions ? [{ what: `  ${peer.first.versions}`, value: "" }] : []),
    { what: "  our step in the same rounds", value: seconds(of(ours)) },
    {
      what: "  our speed / its, by the clock",
      value: "",
      ratio: speedup(ours.results, peer.results),
      ...(speed && { goal: { least: speed } }),
    },
    { what: "  our speed / its, by CPU time", value: "", ratio: speedup(ours.results, peer.results, "cpuSeconds") },
    {
      what: "  its peak memory (ratio: ours / its)",
      value: megabytes(peak),
      ratio: ours.results.at(-1)!.peakMb / peak,
      ...(memory && { goal: { most: memory } }),
    },
  ];
}

/** Equal losses, step by step, on equal weights: otherwise the times compare nothing. */
export function sameWork(name: string, ours: Side, peer: Side): void {
  for (const [step, { loss }] of [peer.first, ...peer.results].entries()) {
    const mine = [ours.first, ...ours.results][step]!.loss;
    if (!(Math.abs(loss - mine) < 1e-4))
      throw new Error(`step ${step}: our loss is ${mine}, that of ${name} is ${loss}: not the same work`);
  }
}

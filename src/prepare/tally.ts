/** @file Counts of what was read, kept and left out, with the reasons: nothing is dropped in silence. */

import type { PreparedStats } from "../schema/prepared-stats.ts";

const things = ["turn", "passage", "judgement", "sample"] as const;
export type Thing = (typeof things)[number];

interface Count {
  read: number;
  kept: number;
  excluded: Map<string, number>;
}

export class Tally {
  readonly #counts = new Map<Thing, Count>(things.map((thing) => [thing, { read: 0, kept: 0, excluded: new Map() }]));

  kept(thing: Thing): void {
    const count = this.#counts.get(thing)!;
    count.read++;
    count.kept++;
  }

  excluded(thing: Thing, reason: string, times = 1): void {
    const count = this.#counts.get(thing)!;
    count.read += times;
    count.excluded.set(reason, (count.excluded.get(reason) ?? 0) + times);
  }

  count(thing: Thing): number {
    return this.#counts.get(thing)!.kept;
  }

  /** For the manifest: `{turns: {read, kept, excluded: {reason: n}}, …}`, only what occurred. */
  stats(): Pick<PreparedStats, "turns" | "passages" | "judgements" | "samples"> {
    return Object.fromEntries(
      [...this.#counts]
        .filter(([, count]) => count.read > 0)
        .map(([thing, { read, kept, excluded }]) => [
          `${thing}s`,
          { read, kept, excluded: Object.fromEntries([...excluded].sort(byReason)) },
        ]),
    );
  }
}

function byReason([a]: [string, number], [b]: [string, number]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

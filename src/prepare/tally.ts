/** @file Counts of what was read, kept and left out, with the reasons: nothing is dropped in silence. */

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
  stats(): Record<string, unknown> {
    return Object.fromEntries(
      [...this.#counts]
        .filter(([, count]) => count.read > 0)
        .map(([thing, { read, kept, excluded }]) => [
          `${thing}s`,
          { read, kept, excluded: Object.fromEntries([...excluded].sort(byReason)) },
        ]),
    );
  }

  /** For people: a line per thing and reason. */
  lines(): string[] {
    return [...this.#counts].flatMap(([thing, { read, kept, excluded }]) => {
      if (read === 0) return [];
      const reasons = [...excluded].sort(byReason).map(([reason, n]) => `  ${number(n)} left out: ${reason}`);
      return [`${thing}s: ${number(read)} read, ${number(kept)} kept`, ...reasons];
    });
  }
}

function byReason([a]: [string, number], [b]: [string, number]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** With thousands set apart: toLocaleString loads ICU data for it, which takes longer than reading a small dataset. */
function number(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ",");
}

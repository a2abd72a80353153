/** @file How a step grows: time with its tokens; memory with accumulation and with the contrastive pool. The 15M shape, every weight trained. */
import { type Bench, median, megabytes, type Row, seconds, type Settings } from "../bench.ts";
import type { Step } from "../comparison.ts";
import { lockstep, nodeChild } from "../lockstep.ts";
import { LENGTH, makeFullWorkload } from "../workload.ts";

const FEWEST = 4;

export const trainGrowth: Bench = {
  title: `growth of a step of the 15M shape, every weight trained`,
  async run(settings) {
    const work = await makeFullWorkload(settings);
    const step = (...args: string[]) => nodeChild("train-step", work, settings.threads, ...args);
    const rowsOf = (times: number): string => String(FEWEST * times);
    const tokens = await lockstep<"1" | "2" | "4", Step>(settings.rounds, {
      1: step("--rows", rowsOf(1)),
      2: step("--rows", rowsOf(2)),
      4: step("--rows", rowsOf(4)),
    });
    const pools = await lockstep<"1" | "2" | "4", Step>(settings.rounds, {
      1: step("--rows", rowsOf(1)),
      2: step("--rows", rowsOf(1), "--accumulate", "2"),
      4: step("--rows", rowsOf(1), "--accumulate", "4"),
    });
    const cpu = (a: Step[], b: Step[], times: number): number => median(a.map((one, at) => b[at]!.cpuSeconds / one.cpuSeconds)) / times;
    const time = ({ results }: { results: Step[] }): number => median(results.map((result) => result.seconds));
    const peak = ({ results }: { results: Step[] }): number => results.at(-1)!.peakMb;
    const base = tokens[1].results;
    const grown: Row[] = [
      { what: `${FEWEST * LENGTH} tokens`, value: seconds(time(tokens[1])) },
      { what: "  twice (ratio: CPU time of a token to that)", value: seconds(time(tokens[2])), ratio: cpu(base, tokens[2].results, 2) },
      {
        what: "  four times",
        value: seconds(time(tokens[4])),
        ratio: cpu(base, tokens[4].results, 4),
        goal: { most: 1.1 },
      },
      { what: "peak memory, 1 pool an update", value: megabytes(peak(pools[1])) },
      { what: "  2 pools (the sum of gradients is kept)", value: megabytes(peak(pools[2])), ratio: peak(pools[2]) / peak(pools[1]) },
      { what: "  4 pools (ratio: to 2)", value: megabytes(peak(pools[4])), ratio: peak(pools[4]) / peak(pools[2]), goal: { most: 1.1 } },
    ];
    return [...grown, ...(await contrastivePools(work, settings))];
  },
};

/** Cached representations, chunks of 32: one update is enough, it goes through 64 chunks where the pool is largest. */
async function contrastivePools(work: string, { threads, quick }: Settings): Promise<Row[]> {
  const pool = (size: number) => nodeChild("pool-step", work, threads, String(size), "32");
  const most = quick ? 256 : 2048;
  const found = await lockstep<"fewest" | "more" | "most", Step>(1, { fewest: pool(32), more: pool(256), most: pool(most) });
  const peak = ({ results }: { results: Step[] }): number => results.at(-1)!.peakMb;
  const row = (what: string, side: { results: Step[] }): Row => ({
    what,
    value: `${seconds(side.results[0]!.seconds)}, ${megabytes(peak(side))}`,
    ratio: peak(side) / peak(found.fewest),
  });
  return [
    row("contrastive pool of 32 (ratio: peak memory)", found.fewest),
    row("  of 256 in chunks of 32", found.more),
    { ...row(`  of ${most}`, found.most), goal: { most: 1.2 } },
  ];
}

/** @file `evaluate` as a whole command: a large run beside pytrec_eval, and its growth. */
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../src/util/package-root.ts";
import { type Bench, median, megabytes, type Row, seconds } from "../bench.ts";
import { pythonPeer, withoutPython } from "../comparison.ts";
import { writeRun } from "../evaluation-files.ts";
import { alternate, lastLine, runProgram, type Timed } from "../processes.ts";

const DEPTH = 100;
/** trec_eval's names; the peer takes a point before a cutoff. */
const MEASURES = ["map", "recip_rank", "ndcg", "bpref", "ndcg_cut.3", "ndcg_cut.10", "recall.10", "recall.100", "P.5", "success.5"];

interface PeerRun {
  means: Record<string, number>;
  parsing: number;
  work: number;
  cpuSeconds: number;
  peakMb: number;
}

export const evaluate: Bench = {
  title: "18,000 turns × 100 passages under ten measures",
  async run({ folder, rounds, quick, python, note }) {
    const work = join(folder, "evaluate");
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work, { recursive: true });
    const turns = quick ? 1800 : 18_000;
    const files = writeRun(work, { turns, depth: DEPTH });
    const rows = python === null ? [withoutPython("pytrec_eval")] : await besidePeer({ work, files, python, rounds });
    note("growth");
    rows.push(...(await growth({ work, turns, rounds })));
    rmSync(work, { recursive: true, force: true });
    return rows;
  },
};

async function besidePeer({
  work,
  files,
  python,
  rounds,
}: {
  work: string;
  files: RunFiles;
  python: string;
  rounds: number;
}): Promise<Row[]> {
  const output = join(work, "scores");
  const peer = pythonPeer(python, "trec_eval_run.py", files.run, files.qrels, ...MEASURES);
  const { theirs, ours, bare } = await alternate(rounds, {
    theirs: async () => {
      const timed = await runProgram(peer.program, peer.args);
      return { ...timed, ...lastLine<PeerRun>(timed) };
    },
    ours: () => {
      rmSync(output, { recursive: true, force: true });
      return uniconv("evaluate", ...scoring(files), "--output", output);
    },
    bare: () => uniconv("evaluate", ...scoring(files), "--bootstrap", "0"),
  });
  sameMeans(join(output, "metrics.json"), theirs[0]!.means);
  const middle = (of: readonly Timed[], what: "seconds" | "cpuSeconds" | "peakMb"): number => median(of.map((one) => one[what]));
  const ratio = (of: readonly Timed[], what: "seconds" | "cpuSeconds" | "peakMb"): number => middle(of, what) / middle(theirs, what);
  return [
    { what: "pytrec_eval, Python's start included", value: seconds(middle(theirs, "seconds")) },
    { what: "  without the start and its imports", value: seconds(median(theirs.map((one) => one.work))) },
    { what: "  of which parsing", value: seconds(median(theirs.map((one) => one.parsing))) },
    {
      what: "uniconv evaluate, 95 % intervals and all files",
      value: seconds(middle(ours, "seconds")),
      ratio: ratio(ours, "seconds"),
      goal: { most: 1 },
    },
    { what: "  by CPU time", value: seconds(middle(ours, "cpuSeconds")), ratio: ratio(ours, "cpuSeconds"), goal: { most: 1 } },
    {
      what: "  against the peer without its start",
      value: "",
      ratio: middle(ours, "seconds") / median(theirs.map((one) => one.work)),
      goal: { most: 1 },
    },
    { what: "  without intervals and files, by CPU time", value: seconds(middle(bare, "cpuSeconds")), ratio: ratio(bare, "cpuSeconds") },
    { what: "  peak memory (ratio: ours / its; at most 500 MB)", value: megabytes(middle(ours, "peakMb")), ratio: ratio(ours, "peakMb") },
  ];
}

/** The figures must be the same, or the times compare nothing. */
function sameMeans(metricsFile: string, theirs: Readonly<Record<string, number>>): void {
  const { results } = JSON.parse(readFileSync(metricsFile, "utf8")) as { results: Record<string, Record<string, number>> };
  const ours = Object.entries(Object.values(results)[0]!).filter(([label]) => !label.includes("_ci95_"));
  for (const [i, measure] of MEASURES.entries()) {
    const [label, value] = ours[i]!;
    const their = theirs[measure.replace(".", "_")]!;
    if (!(Math.abs(value - their) < 1e-9)) throw new Error(`${label} is ${value}, pytrec_eval's ${measure} is ${their}`);
  }
}

async function growth({ work, turns, rounds }: { work: string; turns: number; rounds: number }): Promise<Row[]> {
  const parts = [turns / 4, turns / 2, turns].map((count) => {
    const folder = join(work, String(count));
    mkdirSync(folder);
    return { count, files: writeRun(folder, { turns: count, depth: DEPTH }) };
  });
  const sides: Record<string, () => Promise<Timed>> = { start: () => uniconv("--help") };
  for (const { count, files } of parts) sides[`x${count}`] = () => uniconv("evaluate", ...scoring(files));
  const measured = await alternate(rounds, sides);
  const cpu = (name: string): number => median(measured[name]!.map((one) => one.cpuSeconds));
  return parts.map(({ count }) => ({
    what: `${count * DEPTH} lines, CPU time without the start (ratio: to a quarter of them)`,
    value: `${seconds(cpu(`x${count}`) - cpu("start"))}, ${megabytes(median(measured[`x${count}`]!.map((one) => one.peakMb)))}`,
    ...(count === turns && { ratio: (cpu(`x${count}`) - cpu("start")) / (cpu(`x${count / 4}`) - cpu("start")), goal: { most: 4.4 } }),
  }));
}

type RunFiles = ReturnType<typeof writeRun>;

const scoring = ({ run, qrels }: RunFiles): string[] => ["--run", run, "--qrels", qrels, ...MEASURES.flatMap((name) => ["--metric", name])];

const uniconv = (...args: string[]): Promise<Timed> => runProgram(process.execPath, [join(packageRoot(), "bin/uniconv.js"), ...args, "-q"]);

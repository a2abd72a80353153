/** @file Evaluating a large run against reading it. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../src/util/package-root.ts";
import { Rng } from "../../../src/util/rng.ts";
import { type Bench, median, megabytes, seconds } from "../bench.ts";
import { alternate, lastLine, runProgram } from "../processes.ts";

const TURNS = 2500;
const DEPTH = 100;

/** The least any evaluation must do: read the file and split its lines. */
const SPLIT = `
  const start = performance.now();
  const lines = require("node:fs").readFileSync(process.argv[1], "utf8").split("\\n").map((line) => line.split("\\t"));
  console.log(JSON.stringify(lines.length && (performance.now() - start) / 1000));`;

export const evaluate: Bench = {
  title: `evaluate, ${TURNS} turns × ${DEPTH} passages`,
  async run({ folder, rounds }) {
    const work = join(folder, "evaluate");
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work, { recursive: true });
    const { run, qrels } = writeRun(work);
    const output = join(work, "scores");
    const { split, ours, start } = await alternate(rounds, {
      split: async () => lastLine<number>(await runProgram(process.execPath, ["-e", SPLIT, run])),
      ours: () => {
        rmSync(output, { recursive: true, force: true });
        const args = ["evaluate", "--run", run, "--qrels", qrels, "--output", output, "-q"];
        return runProgram(process.execPath, [join(packageRoot(), "bin/uniconv.js"), ...args]);
      },
      start: () => runProgram(process.execPath, [join(packageRoot(), "bin/uniconv.js"), "--help"]),
    });
    const time = median(ours.map((result) => result.seconds));
    return [
      { what: "reading and splitting the run's lines", value: seconds(median(split)) },
      { what: "uniconv evaluate, whole command", value: seconds(time), ratio: time / median(split) },
      { what: "turns a second, start taken off", value: (TURNS / (time - median(start.map((result) => result.seconds)))).toFixed(0) },
      { what: "its peak memory", value: megabytes(Math.max(...ours.map((result) => result.peakMb))) },
    ];
  },
};

function writeRun(folder: string): { run: string; qrels: string } {
  const rng = Rng.of("bench", "evaluate");
  const ranking: string[] = [];
  const judged: string[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    judged.push(`turn_${turn}\t0\tpassage_${rng.int(1_000_000)}\t1`);
    for (let rank = 1; rank <= DEPTH; rank++) {
      const passage = rank === 7 && rng.uniform() < 0.5 ? judged.at(-1)!.split("\t")[2] : `passage_${turn}_${rank}`;
      ranking.push(`turn_${turn}\tQ0\t${passage}\t${rank}\t${(DEPTH - rank) / DEPTH}\tbench`);
    }
  }
  const [run, qrels] = [join(folder, "run.trec"), join(folder, "qrels.tsv")];
  writeFileSync(run, `${ranking.join("\n")}\n`);
  writeFileSync(qrels, `${judged.join("\n")}\n`);
  return { run, qrels };
}

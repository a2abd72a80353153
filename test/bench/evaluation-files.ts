/** @file Runs and judgements of any size for the benchmark of `evaluate`. */
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Rng } from "../../src/util/rng.ts";

/** One or two passages judged a turn, most of them found somewhere; four decimals, so that single precision ties no scores. */
export function writeRun(folder: string, { turns, depth }: { turns: number; depth: number }): { run: string; qrels: string } {
  const rng = Rng.of("bench", "evaluate");
  const [run, qrels] = [join(folder, "run.trec"), join(folder, "qrels.txt")];
  const judged: string[] = [];
  const file = openSync(run, "w");
  for (let turn = 0; turn < turns; turn++) {
    const name = `${Math.floor(turn / 10) + 1}_${(turn % 10) + 1}`;
    const places = Array.from({ length: rng.uniform() < 0.2 ? 2 : 1 }, () => Math.floor(rng.uniform() * rng.uniform() * depth * 1.2));
    const lines: string[] = [];
    let score = 30 + 10 * rng.uniform();
    for (let rank = 0; rank < depth; rank++) {
      score -= 0.0001 + 0.1 * rng.uniform();
      const gold = places.indexOf(rank);
      const id = gold === -1 ? `doc_${rng.int(54_000_000)}_${rank}` : `gold_${turn}_${gold}`;
      lines.push(`${name} Q0 ${id} ${rank + 1} ${score.toFixed(4)} bench\n`);
    }
    writeSync(file, lines.join(""));
    for (const gold of places.keys()) judged.push(`${name} 0 gold_${turn}_${gold} ${1 + rng.int(2)}\n`);
  }
  closeSync(file);
  writeFileSync(qrels, judged.join(""));
  return { run, qrels };
}

/** @file `npm run bench [-- names… --quick --rounds N --threads N --python PATH]`: figures as ratios within one run, never a test. */
import { availableParallelism, cpus, totalmem } from "node:os";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { packageRoot } from "../../src/util/package-root.ts";
import type { Bench, Row, Settings } from "./bench.ts";
import { answers } from "./benches/answers.ts";
import { embedding } from "./benches/embedding.ts";
import { evaluate } from "./benches/evaluate.ts";
import { memory } from "./benches/memory.ts";
import { prepare } from "./benches/prepare.ts";
import { startup } from "./benches/startup.ts";
import { trainFull } from "./benches/train-full.ts";
import { trainGrowth } from "./benches/train-growth.ts";
import { trainLora } from "./benches/train-lora.ts";
import { trainUniconv } from "./benches/train-uniconv.ts";
import { findData, findPython } from "./surroundings.ts";

const BENCHES: Readonly<Record<string, Bench>> = {
  startup,
  prepare,
  evaluate,
  answers,
  embedding,
  "train-lora": trainLora,
  "train-full": trainFull,
  "train-uniconv": trainUniconv,
  "train-growth": trainGrowth,
  memory,
};
/** A benchmark by its name, or all whose names begin with that word: `train`. */
const isAsked = (name: string, asked: string): boolean => name === asked || name.startsWith(`${asked}-`);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string", default: "5" },
    threads: { type: "string", default: "2" },
    python: { type: "string" },
  },
});
const unknown = positionals.filter((asked) => !Object.keys(BENCHES).some((name) => isAsked(name, asked)));
if (unknown.length > 0) throw new Error(`no benchmark named ${unknown.join(", ")}; there are: ${Object.keys(BENCHES).join(", ")}`);

const settings: Settings = {
  folder: join(packageRoot(), ".bench"),
  rounds: Number(values.rounds),
  threads: values.threads,
  quick: values.quick,
  python: findPython(values.python),
  data: findData(),
  note: (message) => process.stderr.write(`  ${message}\n`),
};

const runtime = (createRequire(import.meta.url)("onnxruntime-node/package.json") as { version: string }).version;
console.log(
  `${new Date().toISOString().slice(0, 10)} · ${cpus()[0]?.model.trim()} × ${availableParallelism()} · ${Math.round(totalmem() / 2 ** 30)} GiB`,
);
console.log(
  `node ${process.versions.node} · onnxruntime-node ${runtime} · ${process.platform} ${process.arch} · threads: ${settings.threads}${settings.quick ? " · QUICK: two layers" : ""}`,
);
for (const [name, bench] of Object.entries(BENCHES)) {
  if (positionals.length > 0 && !positionals.some((asked) => isAsked(name, asked))) continue;
  console.log(`\n${name}: ${bench.title}`);
  print(await bench.run(settings));
}

function print(rows: readonly Row[]): void {
  const lines = rows.map(({ what, value, ratio, goal }) => [
    what,
    value,
    ratio?.toFixed(2) ?? "",
    goal ? verdict(ratio ?? Number.NaN, goal) : "",
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...lines.map((line) => line[column]!.length)));
  for (const line of lines)
    console.log(`  ${line.map((cell, at) => (at === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[at] ?? 0))).join("  ")}`);
}

function verdict(ratio: number, goal: NonNullable<Row["goal"]>): string {
  const [met, text] = "least" in goal ? [ratio >= goal.least, `≥ ${goal.least}`] : [ratio <= goal.most, `≤ ${goal.most}`];
  return `${met ? "met " : "MISSED"} (${text})`;
}

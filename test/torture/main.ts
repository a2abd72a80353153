/**
 * @file `npm run torture`: kills a stage at drawn moments (SIGKILL, Ctrl-C, SIGTERM; both processes or one), resumes it at once each
 * time, and compares the sha256 of every file with an undisturbed run's. Timings and TensorBoard events are left out, nothing else.
 *
 *     npm run torture -- --stage build-index --kills 50 --seed 7
 *     npm run torture -- --only lora
 *
 * 200 kills of training take about a quarter of an hour on two busy cores: each costs a start, and half a run of two or three seconds.
 *
 * Exit 1 on any difference, orphan or unexplained exit; the folder is kept then, and named.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Rng } from "../../src/util/rng.ts";
import { series, type SeriesResult } from "./series.ts";
import { describeStrike, run } from "./strike.ts";
import { makeWorld, STAGES } from "./subjects.ts";

const { values } = parseArgs({
  options: {
    stage: { type: "string", default: "train" },
    kills: { type: "string", default: "200" },
    seed: { type: "string", default: String(Date.now() % 100_000) },
    only: { type: "string", default: "" },
    keep: { type: "boolean", default: false },
  },
});
const { stage, seed } = values;
const kills = Number(values.kills);
if (!(STAGES as readonly string[]).includes(stage)) throw new Error(`--stage is one of ${STAGES.join(", ")}`);
if (!Number.isInteger(kills) || kills < 1) throw new Error("--kills is a whole number of at least 1");

const folder = mkdtempSync(join(tmpdir(), "uniconv-torture-"));
const settings = makeWorld(folder)
  .settings(stage)
  .filter(({ name }) => name.includes(values.only));
if (settings.length === 0) throw new Error(`no setting of ${stage} has "${values.only}" in its name`);
console.log(`${stage}: ${kills} kills over ${settings.length} settings, --seed ${seed}, in ${folder}`);

const begin = performance.now();
const seconds = (): number => Math.round((performance.now() - begin) / 1000);
const rows: { name: string; whole: number; result: SeriesResult }[] = [];
let done = 0;
for (const [at, { name, args }] of settings.entries()) {
  const wanted = join(folder, `whole-${at}`);
  const undisturbed = await run([...args, "--output", wanted], { output: wanted });
  if (undisturbed.code !== 0) throw new Error(`${name}, undisturbed, left with ${undisturbed.code}: ${undisturbed.stderr}`);
  // The remainder goes to the first ones.
  const share = Math.floor(kills / settings.length) + (at < kills % settings.length ? 1 : 0);
  const result = await series(
    { args, wanted, whole: undisturbed.took, output: join(folder, `killed-${at}`), marks: stage === "train" },
    {
      kills: share,
      rng: Rng.of(seed, stage, name),
      onKill: (strike) => console.log(`${++done}/${kills} ${seconds()} s  ${name}: ${describeStrike(strike)}`),
    },
  );
  for (const text of result.problems) console.log(`PROBLEM ${name}: ${text}`);
  rows.push({ name, whole: undisturbed.took, result });
}

const width = Math.max(...rows.map(({ name }) => name.length));
console.log(`\n${"setting".padEnd(width)}  ${stage} undisturbed  kills  compared  problems`);
for (const { name, whole, result } of rows) {
  const figures = [
    `${(whole / 1000).toFixed(1)} s`.padStart(stage.length + 12),
    String(result.kills).padStart(5),
    String(result.compared).padStart(8),
  ];
  console.log(`${name.padEnd(width)}  ${figures.join("  ")}  ${String(result.problems.length).padStart(8)}`);
}
const failed = rows.some(({ result }) => result.problems.length > 0);
if (failed || values.keep) console.log(`kept: ${folder}`);
else rmSync(folder, { recursive: true });
console.log(failed ? `FAILED, again with --seed ${seed}` : `every file the same after ${done} kills, ${seconds()} s`);
process.exitCode = failed ? 1 : 0;

/** @file What `train --dry-run` says of memory against what the run takes, on shapes drawn at random. */
import { execFileSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../src/util/package-root.ts";
import { peakAnonymous } from "../../helpers/anonymous.ts";
import { type Bench, megabytes, type Row } from "../bench.ts";
import { randomShape, type Shape, writeShape } from "../random-runs.ts";

const SHAPES = 10;
const MODES = [
  { name: "LoRA", flags: [] },
  { name: "LoRA, recomputing", flags: ["--gradient-checkpointing"] },
  { name: "full", flags: ["--tuning", "full"] },
  { name: "full, recomputing", flags: ["--tuning", "full", "--gradient-checkpointing"] },
] as const;

type Plan = Record<"peak" | "base" | "activations" | "parameters" | "optimizer" | "gradients", number>;

export const memory: Bench = {
  title: `train --dry-run's peak of anonymous memory, and the run's, on ${SHAPES} random shapes`,
  async run({ folder, quick, note }) {
    const data = join(folder, "memory");
    const [prepared, tiny] = [join(data, "prepared"), join(data, "tokenizer")];
    if (!existsSync(prepared)) uniconv("prepare-data", "--dataset", "quickstart", "--output", prepared, "--limit", "300", "-q");
    if (!existsSync(tiny)) uniconv("init-model", "--input", prepared, "--output", tiny, "--vocab-size", "2000", "-q");
    const rows: Row[] = [];
    // Another UNICONV_BENCH_SEED draws other shapes.
    const seed = process.env["UNICONV_BENCH_SEED"] ?? "validation";
    for (let at = 0; at < (quick ? 2 : SHAPES); at++) {
      const shape = randomShape(`${seed} ${at}`);
      const model = await writeShape(shape, { folder: join(data, `model-${seed}-${at}`), tokenizer: tiny });
      note(shape.name);
      rows.push({ what: shape.name, value: "" });
      for (const mode of MODES) {
        const row = await compare({ shape, mode, model, prepared, output: join(data, "output") });
        note(`${row.what.trim()}, ${row.value} taken: ${row.ratio?.toFixed(2)}`);
        rows.push(row);
      }
      rmSync(model, { recursive: true });
    }
    const ratios = rows.flatMap(({ ratio }) => (ratio === undefined ? [] : [ratio]));
    const worst = Math.max(...ratios.map((ratio) => Math.max(ratio, 1 / ratio)));
    return [...rows, { what: "furthest from the run, either way", value: "", ratio: worst, goal: { most: 1.2 } }];
  },
};

interface Case {
  shape: Shape;
  mode: (typeof MODES)[number];
  model: string;
  prepared: string;
  output: string;
}

async function compare({ shape, mode, model, prepared, output }: Case): Promise<Row> {
  const args = ["train", "--input", prepared, "--model", model, "--output", output, ...shape.options, ...mode.flags, "-q"];
  const { result } = JSON.parse(uniconv(...args, "--dry-run", "--json")) as { result: { memory: Plan } };
  const plan = result.memory;
  for (const path of [output, `${output}.partial`]) rmSync(path, { recursive: true, force: true });
  const measured = await peakAnonymous(process.execPath, [join(packageRoot(), "bin/uniconv.js"), ...args]);
  const parts = (["base", "activations", "parameters", "optimizer", "gradients"] as const).map((part) => Math.round(plan[part] / 1e6));
  return {
    what: `  ${mode.name}: ${megabytes(plan.peak / 1e6)} predicted (${parts.join(" + ")})`,
    value: megabytes(measured / 1e6),
    ratio: plan.peak / measured,
  };
}

function uniconv(...args: string[]): string {
  return execFileSync(process.execPath, [join(packageRoot(), "bin/uniconv.js"), ...args], { encoding: "utf8" });
}

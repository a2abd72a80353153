/** @file A LoRA step of the 135M shape: our autodiff's graph against the hand-written one, and against PyTorch. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../src/util/package-root.ts";
import { type Bench, gigaflops, median, megabytes, productFlops, type Row, seconds, type Settings } from "../bench.ts";
import type { MatmulTimes } from "../children/matmul.ts";
import type { Measured } from "../children/serve.ts";
import { lockstep, nodeChild, speedup } from "../lockstep.ts";
import { runProgram } from "../processes.ts";
import { BATCH, LENGTH, makeWorkload, parametersOf, shapeOf } from "../workload.ts";

const THREADS = "2";
const CUBE = "1024x1024x1024";
const LARGEST = "2048x576x12288";

type Step = Measured & { loss: number };
type Side = { first: Step; results: Step[] };

export const loraStep: Bench = {
  title: `LoRA r 16 on every linear, ${BATCH} × ${LENGTH} tokens, fp32, ${THREADS} threads, loss over all rows`,
  async run(settings) {
    const work = await makeWorkload(settings);
    const hand = await exportHandWritten(work, settings);
    const ours = nodeChild("lora-step", work, THREADS);
    const matmul = nodeChild("matmul", THREADS, CUBE, LARGEST);
    const main = await lockstep<"matmul" | "ours" | "hand", Step & MatmulTimes>(settings.rounds, {
      matmul,
      ours,
      ...(hand && { hand: nodeChild("hand-written-step", hand, THREADS) }),
    } as Record<"matmul" | "ours" | "hand", typeof ours>);
    const kept = await lockstep<"ours" | "recomputing", Step>(settings.rounds, {
      ours,
      recomputing: nodeChild("lora-step", work, THREADS, "recompute"),
    });
    const rows = [...ownRows(main.ours, main.matmul.results, settings), ...recomputed(kept), ...againstHandWritten(main.ours, main.hand)];
    if (settings.python === null) return rows;
    const program = { program: settings.python, args: [join(packageRoot(), "test/bench/peers/lora_step_peft.py"), work] };
    const { ours: again, torch } = await lockstep<"ours" | "torch", Step>(settings.rounds, { ours, torch: program });
    return [...rows, ...against("PyTorch + peft fp32 (sdpa)", again, torch)];
  },
};

function ownRows({ results }: Side, products: readonly MatmulTimes[], { quick }: Settings): Row[] {
  // 4·P·tokens: forward and the gradient of the activations; the frozen weights need none of their own.
  const flops = 4 * parametersOf(shapeOf(quick)) * BATCH * LENGTH;
  const time = (shape: string): number => median(products.map((times) => times.products[shape]!.seconds));
  const share = (shape: string): number =>
    median(results.map((step, round) => flops / step.seconds / (productFlops(shape) / products[round]!.products[shape]!.seconds)));
  const step = median(results.map((result) => result.seconds));
  return [
    ...[CUBE, LARGEST].map((shape) => ({ what: `MatMul ${shape}`, value: gigaflops(productFlops(shape) / time(shape)) })),
    { what: "our step", value: seconds(step) },
    { what: "  tokens a second", value: ((BATCH * LENGTH) / step).toFixed(0) },
    { what: `  rate (ratio: of MatMul ${CUBE})`, value: gigaflops(flops / step), ratio: share(CUBE) },
    { what: `  (ratio: of MatMul ${LARGEST})`, value: "", ratio: share(LARGEST) },
    { what: "  peak memory", value: megabytes(results.at(-1)!.peakMb) },
  ];
}

/** Gradient checkpointing: every layer computed again in backward. 6·P·tokens instead of 4·P. */
function recomputed({ ours, recomputing }: { ours: Side; recomputing: Side }): Row[] {
  sameWork("recomputation", ours, recomputing);
  const [own, less] = [ours.results.at(-1)!.peakMb, recomputing.results.at(-1)!.peakMb];
  return [
    {
      what: "with recomputation, step (ratio: of its time without)",
      value: seconds(median(recomputing.results.map((step) => step.seconds))),
      ratio: speedup(ours.results, recomputing.results),
    },
    { what: "  peak memory (ratio: of that without)", value: megabytes(less), ratio: less / own },
  ];
}

function againstHandWritten(ours: Side, hand: Side | undefined): Row[] {
  if (!hand) return [{ what: "hand-written graph", value: "skipped: no Python with onnx (--python PATH)" }];
  const rows = against("hand-written graph", ours, hand);
  return rows.map((row) => (row.what.includes("by the clock") ? { ...row, goal: { least: 0.8 } } : row));
}

function against(name: string, ours: Side, peer: Side): Row[] {
  sameWork(name, ours, peer);
  const peak = peer.results.at(-1)!.peakMb;
  return [
    { what: `${name}, step`, value: seconds(median(peer.results.map((step) => step.seconds))) },
    { what: "  our speed / its, by the clock", value: "", ratio: speedup(ours.results, peer.results) },
    { what: "  our speed / its, by CPU time", value: "", ratio: speedup(ours.results, peer.results, "cpuSeconds") },
    { what: "  its peak memory (ratio: ours / its)", value: megabytes(peak), ratio: ours.results.at(-1)!.peakMb / peak },
  ];
}

/** Equal losses, step by step, on equal weights: otherwise the times compare nothing. */
function sameWork(name: string, ours: Side, peer: Side): void {
  for (const [step, { loss }] of [peer.first, ...peer.results].entries()) {
    const mine = [ours.first, ...ours.results][step]!.loss;
    if (!(Math.abs(loss - mine) < 1e-4))
      throw new Error(`step ${step}: our loss is ${mine}, that of ${name} is ${loss}: not the same work`);
  }
}

async function exportHandWritten(work: string, { python, note }: Settings): Promise<string | null> {
  const folder = join(work, "hand-written");
  if (existsSync(join(folder, "feeds.json"))) return folder;
  if (python === null) return null;
  note("exporting the hand-written graph");
  await runProgram(python, [join(packageRoot(), "test/bench/peers/lora_step_export.py"), work, folder]);
  return folder;
}

/** @file A LoRA step of the 135M shape: our autodiff's graph against the hand-written one, and against PyTorch; then both recomputing. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../src/util/package-root.ts";
import { type Bench, gigaflops, median, megabytes, productFlops, type Row, seconds, type Settings } from "../bench.ts";
import type { MatmulTimes } from "../children/matmul.ts";
import { against, pythonPeer, type Side, type Step, sameWork, withoutPython } from "../comparison.ts";
import { lockstep, nodeChild, speedup } from "../lockstep.ts";
import { runProgram } from "../processes.ts";
import { parametersOf, type Shape, shapeOf } from "../shapes.ts";
import { BATCH, LENGTH, makeWorkload } from "../workload.ts";

const CUBE = "1024x1024x1024";
const LARGEST = "2048x576x12288";

export const trainLora: Bench = {
  title: `LoRA r 16 on every linear, ${BATCH} × ${LENGTH} tokens, fp32, loss over all rows`,
  async run(settings) {
    const { threads } = settings;
    const work = await makeWorkload(settings);
    const hand = await exportHandWritten(work, settings);
    const ours = nodeChild("train-step", work, threads);
    const main = await lockstep<"matmul" | "ours" | "hand", Step & MatmulTimes>(settings.rounds, {
      matmul: nodeChild("matmul", threads, CUBE, LARGEST),
      ours,
      ...(hand && { hand: nodeChild("hand-written-step", hand, threads) }),
    } as Record<"matmul" | "ours" | "hand", typeof ours>);
    const rows = [...ownRows(main.ours, main.matmul.results, settings), ...againstHandWritten(main.ours, main.hand)];
    return [...rows, ...(await plain(work, settings)), ...(await recomputing(work, settings))];
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

function againstHandWritten(ours: Side, hand: Side | undefined): Row[] {
  return hand ? against({ name: "hand-written graph", ours, peer: hand }, { speed: 0.95 }) : [withoutPython("hand-written graph")];
}

async function plain(work: string, { python, rounds, threads }: Settings): Promise<Row[]> {
  if (python === null) return [withoutPython("PyTorch + peft")];
  const sides = await lockstep<"ours" | "torch", Step>(rounds, {
    ours: nodeChild("train-step", work, threads),
    torch: pythonPeer(python, "train_step.py", work, threads),
  });
  return against({ name: "PyTorch + peft fp32 (sdpa)", ours: sides.ours, peer: sides.torch }, { speed: 1.8, memory: 0.7 });
}

/** What the products of a recomputing step are of those of one that keeps everything: the layers run three times instead of twice, the head twice. */
function recomputedFlops(shape: Shape): number {
  const head = shape.vocab_size * shape.hidden_size;
  return 1 + (parametersOf(shape) - head) / (2 * parametersOf(shape));
}

async function recomputing(work: string, { python, rounds, quick, threads }: Settings): Promise<Row[]> {
  const { plain, again, torch } = await lockstep<"plain" | "again" | "torch", Step>(rounds, {
    plain: nodeChild("train-step", work, threads),
    again: nodeChild("train-step", work, threads, "--recompute"),
    ...(python !== null && { torch: pythonPeer(python, "train_step.py", work, threads, "checkpointing") }),
  } as Record<"plain" | "again" | "torch", ReturnType<typeof nodeChild>>);
  sameWork("recomputation", plain, again);
  const [own, less] = [plain.results.at(-1)!.peakMb, again.results.at(-1)!.peakMb];
  return [
    { what: "with recomputation, our step", value: seconds(median(again.results.map((step) => step.seconds))) },
    {
      what: "  its time / that without",
      value: "",
      ratio: speedup(plain.results, again.results),
      goal: { most: Number((1.1 * recomputedFlops(shapeOf(quick))).toFixed(2)) },
    },
    { what: "  peak memory (ratio: of that without)", value: megabytes(less), ratio: less / own },
    ...((torch as Side | undefined)
      ? against({ name: "PyTorch + peft, gradient checkpointing", ours: again, peer: torch }, { speed: 1.8, memory: 0.6 })
      : []),
  ];
}

async function exportHandWritten(work: string, { python, note }: Settings): Promise<string | null> {
  const folder = join(work, "hand-written");
  if (existsSync(join(folder, "feeds.json"))) return folder;
  if (python === null) return null;
  note("exporting the hand-written graph");
  await runProgram(python, [join(packageRoot(), "test/bench/peers/lora_step_export.py"), work, folder]);
  return folder;
}

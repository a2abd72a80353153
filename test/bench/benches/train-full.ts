/** @file Full fine-tuning of the 15M shape, AdamW included, against PyTorch. */
import { type Bench, gigaflops, median, type Row, seconds } from "../bench.ts";
import { against, pythonPeer, type Step, withoutPython } from "../comparison.ts";
import { lockstep, nodeChild } from "../lockstep.ts";
import { miniShape, parametersOf } from "../shapes.ts";
import { BATCH, LENGTH, makeFullWorkload } from "../workload.ts";

export const trainFull: Bench = {
  title: `every weight of a 15M Llama, ${BATCH} × ${LENGTH} tokens, fp32, loss over all rows, AdamW included`,
  async run(settings) {
    const { python, rounds, quick, threads } = settings;
    const work = await makeFullWorkload(settings);
    const { ours, torch } = await lockstep<"ours" | "torch", Step>(rounds, {
      ours: nodeChild("train-step", work, threads),
      ...(python !== null && { torch: pythonPeer(python, "train_step.py", work, threads) }),
    } as Record<"ours" | "torch", ReturnType<typeof nodeChild>>);
    const step = median(ours.results.map((result) => result.seconds));
    const flops = 6 * parametersOf(miniShape(quick)) * BATCH * LENGTH;
    const rows: Row[] = [
      { what: "our step", value: seconds(step) },
      { what: "  tokens a second", value: ((BATCH * LENGTH) / step).toFixed(0) },
      { what: "  rate", value: gigaflops(flops / step) },
    ];
    const peer = python === null ? [withoutPython("PyTorch")] : against({ name: "PyTorch fp32 (sdpa)", ours, peer: torch }, { speed: 1.5 });
    return [...rows, ...peer];
  },
};

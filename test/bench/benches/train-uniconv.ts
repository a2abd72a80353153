/** @file The whole UniConv step (G, P, X, R; L_R, L_G, L_CII; session mask; LoRA) against the same in PyTorch. */
import { type Bench, median, type Row, seconds } from "../bench.ts";
import { against, pythonPeer, type Step, withoutPython } from "../comparison.ts";
import { lockstep, nodeChild } from "../lockstep.ts";
import { makeWorkload } from "../workload.ts";

export const trainUniconv: Bench = {
  title: `the whole step: four conversations, passes G, P, X, R, three losses, session mask, LoRA, 135M shape, fp32`,
  async run(settings) {
    const { python, rounds, threads } = settings;
    const work = await makeWorkload(settings);
    const { ours, torch } = await lockstep<"ours" | "torch", Step>(rounds, {
      ours: nodeChild("uniconv-step", work, threads),
      ...(python !== null && { torch: pythonPeer(python, "uniconv_step.py", work, threads) }),
    } as Record<"ours" | "torch", ReturnType<typeof nodeChild>>);
    const rows: Row[] = [{ what: "our step", value: seconds(median(ours.results.map((step) => step.seconds))) }];
    const peer =
      python === null
        ? [withoutPython("transformers + peft")]
        : against({ name: "transformers + peft fp32 (sdpa)", ours, peer: torch }, { speed: 1.5 });
    return [...rows, ...peer];
  },
};

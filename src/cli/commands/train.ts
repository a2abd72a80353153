/** @file `uniconv train` */
import type { TrainJobResult } from "../../train/job.ts";
import { defineCommand } from "../command.ts";
import { countLines, made, shown } from "../outcome.ts";
import { describeDevice, describeMemory } from "../plan-lines.ts";

export const command = defineCommand({
  name: "train",
  summary: "Train one model to embed conversations and passages and to answer: L = L_R + L_G + α · L_CII",
  order: 30,
  presets: true,
  examples: [
    { text: "Adapters on a checkpoint directory", run: "uniconv train --input prepared --model base --output model" },
    {
      text: "Every weight of a small model, with the answer after retrieved passages as a loss of its own",
      run: "uniconv train --input prepared --model base --tuning full --gen-rag-weight 1 --learning-rate 1e-3 --output model",
    },
    {
      text: "The training of the paper; presets/ has others, to use or to copy",
      run: "uniconv train --preset paper --input prepared --model base --output model",
    },
    {
      text: "Retrieve and answer on a dev set every 200 updates; keep the best model, stop when three evaluations were no better",
      run: "uniconv train --input prepared --model base --output model --eval-input dev --eval-steps 200 --load-best-model-at-end --early-stopping-patience 3",
    },
    {
      text: "Go on from an adapter, with its rank, scale and sequences",
      run: "uniconv train --input prepared --model base --init-adapter adapter --output model",
    },
    { text: "Go on after Ctrl-C", run: "uniconv train --input prepared --model base --output model --resume" },
  ],
  details:
    "ONNX Runtime has no training API for Node: forward pass, losses and gradients are built as ONNX graphs and run by ONNX Runtime; AdamW runs in JavaScript.",
  options: async () => (await import("../../schema/options/train.ts")).TrainOptions,
  async plan(options, context) {
    const { trainPlan } = await import("../../train/train.ts");
    const { memory, device } = await trainPlan(options, context);
    return { result: { memory, device }, text: [describeDevice(device), describeMemory(memory, device)].join("\n") };
  },
  async run(options, context) {
    const { trainAndEvaluate } = await import("../../pipelines/train.ts");
    const { status, dir, manifest } = await trainAndEvaluate(options, context);
    const { stats } = manifest;
    const next = `uniconv build-index --input ${options.input[0]} --model ${shown(dir)} --output index`;
    return made({ status, dir, result: { stats }, facts: [...countLines(stats), ...bestLine(stats)], next });
  },
});

/** Which update it is, where an evaluation chose it. */
function bestLine({ best }: Record<string, unknown>): string[] {
  if (best === undefined) return [];
  const { update, metric, value } = best as NonNullable<TrainJobResult["best"]>;
  return [`the best: update ${update}, ${metric} ${(100 * value).toFixed(1)}`];
}

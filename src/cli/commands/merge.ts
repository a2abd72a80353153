/** @file `uniconv merge` */
import { defineCommand } from "../command.ts";
import { countLines, made, shown } from "../outcome.ts";

export const command = defineCommand({
  name: "merge",
  summary: "Make one ordinary checkpoint of an adapter and its base, for whatever loads Hugging Face models",
  order: 35,
  examples: [
    { text: "The adapter that train wrote", run: "uniconv merge --model model --output merged" },
    {
      text: "A base that has moved, and half the disk space",
      run: "uniconv merge --model model --base-model base --dtype bfloat16 --output merged",
    },
  ],
  details:
    "Every weight with an adapter becomes W + lora_alpha / r · B·A (√r with rslora), computed in float64 and rounded once. The sharding of the base is kept; one tensor is in memory at a time.",
  options: async () => (await import("../../schema/options/merge.ts")).MergeOptions,
  async run(options, context) {
    const { merge } = await import("../../pipelines/merge.ts");
    const { status, dir, manifest } = await merge(options, context);
    const { stats } = manifest;
    return made({
      status,
      dir,
      result: { stats },
      facts: countLines(stats),
      next: `uniconv build-index --input prepared --model ${shown(dir)} --output index`,
    });
  },
});

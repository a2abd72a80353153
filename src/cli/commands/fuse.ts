/** @file `uniconv fuse` */
import { defineCommand } from "../command.ts";
import { made, shown } from "../outcome.ts";

export const command = defineCommand({
  name: "fuse",
  summary: "Join several runs into one, by rank or by weighted score",
  order: 60,
  examples: [
    { text: "Reciprocal rank fusion", run: "uniconv fuse --run run --run run-bm25 --output run-fused" },
    {
      text: "Scores scaled to 0-1 and weighted",
      run: "uniconv fuse --run run --run run-bm25 --method weighted --weights 0.7,0.3 --output run-fused",
    },
  ],
  options: async () => (await import("../../schema/options/fuse.ts")).FuseOptions,
  async run(options, context) {
    const { fuse } = await import("../../retrieve/fuse.ts");
    const { status, dir, turns, rows } = await fuse(options, context);
    const facts = [`turns: ${turns}`, `passages: ${rows}`];
    return made({ status, dir, result: { turns, rows }, facts, next: `uniconv evaluate --input prepared --run ${shown(dir)}` });
  },
});

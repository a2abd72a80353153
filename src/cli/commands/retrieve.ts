/** @file `uniconv retrieve` */
import { defineCommand } from "../command.ts";
import { countLines, made, shown } from "../outcome.ts";

export const command = defineCommand({
  name: "retrieve",
  summary: "Rank the passages of an index for every turn",
  order: 50,
  examples: [
    {
      text: "With the model that made the index",
      run: "uniconv retrieve --input prepared --model model --index index --output run",
    },
    { text: "With an index of words", run: "uniconv retrieve --input prepared --index index-bm25 --output run-bm25" },
  ],
  options: async () => (await import("../../schema/options/retrieve.ts")).RetrieveOptions,
  async run(options, context) {
    const { retrieve } = await import("../../retrieve/retrieve.ts");
    const { status, output, stats } = await retrieve(options, context);
    const next = `uniconv evaluate --input ${options.input} --run ${shown(output)}`;
    return made({ status, dir: output, result: { stats }, facts: countLines(stats), next });
  },
});

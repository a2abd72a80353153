/** @file `uniconv build-index` */
import { basename } from "node:path";
import { defineCommand } from "../command.ts";
import { countLines, made, shown } from "../outcome.ts";

export const command = defineCommand({
  name: "build-index",
  summary: "Make passages searchable: by a model's vectors (flat), or by their words (bm25)",
  order: 40,
  examples: [
    { text: "Vectors of a trained model", run: "uniconv build-index --input prepared --model model --output index" },
    { text: "The words, as a baseline", run: "uniconv build-index --input prepared --backend bm25 --output index-bm25" },
  ],
  options: async () => (await import("../../schema/options/build-index.ts")).BuildIndexOptions,
  async run(options, context) {
    const { buildIndex } = await import("../../pipelines/build-index.ts");
    const { status, output, stats } = await buildIndex(options, context);
    const model = options.model === undefined ? "" : ` --model ${options.model}`;
    const next = `uniconv retrieve --input ${options.input}${model} --index ${shown(output)} --output ${runName(output)}`;
    return made({ status, dir: output, result: { stats }, facts: countLines(stats), next });
  },
});

/** index-bm25 makes run-bm25. */
const runName = (index: string): string => (basename(index).startsWith("index") ? basename(index).replace("index", "run") : "run");

/** @file `uniconv generate` */
import { defineCommand } from "../command.ts";
import { countLines, made, shown } from "../outcome.ts";

export const command = defineCommand({
  name: "generate",
  summary: "Answer every turn, from the conversation alone or from retrieved passages",
  order: 70,
  examples: [
    {
      text: "From the best passages of a run",
      run: "uniconv generate --input prepared --model model --run run --output responses",
    },
    {
      text: "Turns without a collection of their own, from passages of another folder",
      run: "uniconv generate --input faithdial --model model --run run --passages topiocqa --output responses",
    },
    { text: "From the conversation alone", run: "uniconv generate --input prepared --model model --output responses-zero-shot" },
  ],
  options: async () => (await import("../../schema/options/generate.ts")).GenerateOptions,
  async run(options, context) {
    const { generate } = await import("../../generate/generate.ts");
    const { status, output, stats } = await generate(options, context);
    const run = options.run === undefined ? "" : ` --run ${options.run}`;
    const passages = options.passages === undefined ? "" : ` --passages ${options.passages}`;
    const next = `uniconv evaluate --input ${options.input}${passages}${run} --responses ${shown(output)}`;
    return made({ status, dir: output, result: { stats }, facts: countLines(stats), next });
  },
});

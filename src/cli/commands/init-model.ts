/** @file `uniconv init-model` */
import { defineCommand } from "../command.ts";
import { made, shown } from "../outcome.ts";

export const command = defineCommand({
  name: "init-model",
  summary: "Make a fresh small model and a tokenizer learned from your text, where no pretrained checkpoint is at hand",
  order: 20,
  examples: [
    { text: "About 3 million parameters, its words from the prepared passages", run: "uniconv init-model --input prepared --output base" },
    { text: "About 15 million, from text of your own", run: "uniconv init-model --preset mini --text passages.jsonl --output base" },
  ],
  options: async () => (await import("../../schema/options/init-model.ts")).InitModelOptions,
  async run(options, context) {
    const { initModel } = await import("../../init/init-model.ts");
    const { status, output, parameters, vocab_size } = await initModel(options, context);
    const input = options.input[0] ?? "prepared";
    const facts = [`parameters: ${parameters}`, `tokens of the vocabulary: ${vocab_size}`];
    const next = `uniconv train --input ${input} --model ${shown(output)} --tuning full --output ${shown(output) === "model" ? "model-trained" : "model"}`;
    return made({ status, dir: output, result: { parameters, vocab_size }, facts, next });
  },
});

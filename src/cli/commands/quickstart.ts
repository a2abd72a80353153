/** @file `uniconv quickstart` */
import { join } from "node:path";
import { defineCommand } from "../command.ts";
import { shown } from "../outcome.ts";
import { duration } from "../terminal/progress.ts";

export const command = defineCommand({
  name: "quickstart",
  summary: "Run every stage on a small sample: prepare, train, index, retrieve, generate, evaluate",
  order: 1,
  examples: [
    { text: "Everything, into ./quickstart", run: "uniconv quickstart" },
    { text: "The same with another seed, beside it", run: "uniconv quickstart --seed 1 --output quickstart-1" },
  ],
  options: async () => (await import("../../schema/options/quickstart.ts")).QuickstartOptions,
  async run(options, context) {
    const { quickstart } = await import("../../pipelines/quickstart.ts");
    const { evaluationTable } = await import("../../report/evaluation-table.ts");
    const { terminalTable } = await import("../../report/terminal-table.ts");
    const { output, evaluation, seconds } = await quickstart(options, context);
    const at = (name: string): string => shown(join(output, name));
    const text = [
      terminalTable(evaluationTable(evaluation, { intervals: false })),
      "",
      `That took ${duration(seconds)}. Everything is in ${shown(output)}; run it again and it is there already. Next:`,
      `  uniconv retrieve --input ${at("prepared")} --model ${at("model")} --index ${at("index-trained")} --split dev --output ${at("run-dev")}`,
      `  uniconv evaluate --input ${at("prepared")} --split dev --run ${at("run-dev")}`,
      "  uniconv help train",
    ].join("\n");
    return { result: { output, evaluation, seconds }, text };
  },
});

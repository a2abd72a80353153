/** @file `uniconv help [COMMAND|TOPIC]` */
import { defineCommand } from "../command.ts";
import { topicNames } from "../help/topics.ts";

export const command = defineCommand({
  name: "help",
  summary: `Explain a command or a topic: ${topicNames().join(", ")}`,
  order: 90,
  examples: [
    { text: "The metrics of evaluate", run: "uniconv help metrics" },
    { text: "The options of a stage", run: "uniconv help train" },
  ],
  options: async () => (await import("../../schema/options/help.ts")).HelpOptions,
  async run({ topic }, { columns }) {
    const { explain } = await import("../help/explain.ts");
    const text = await explain(topic, columns);
    return { result: { topic, text }, text };
  },
});

/** @file `uniconv compare BASE NEW` */
import { defineCommand } from "../command.ts";

export const command = defineCommand({
  name: "compare",
  summary: "Say what changed between two evaluations, and fail on a regression",
  details:
    "Both are folders of evaluate --output, or their metrics.json. Systems are matched by name; the only system of each in any case. Two suites are compared dataset by dataset.",
  order: 85,
  examples: [
    { text: "Before and after", run: "uniconv compare scores-before scores-after" },
    { text: "Fail (exit 1) where nDCG@3 loses more than one point", run: "uniconv compare base.json new.json --max-drop nDCG@3=0.01" },
  ],
  options: async () => (await import("../../schema/options/compare.ts")).CompareOptions,
  async run(options, context) {
    const { compare } = await import("../../evaluate/compare.ts");
    const { comparisonTable } = await import("../../report/comparison-table.ts");
    const { markdownTable } = await import("../../report/markdown-table.ts");
    const { terminalTable } = await import("../../report/terminal-table.ts");
    const { changes, failures } = await compare(options, context);
    const { jobSummary } = await import("../ci.ts");
    const table = comparisonTable(changes);
    await jobSummary(() => markdownTable(table));
    const text = options.markdown ? markdownTable(table) : terminalTable(table);
    return { result: { changes, failures }, text, failed: failures };
  },
});

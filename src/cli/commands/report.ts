/** @file `uniconv report figures|curves PATH…` */
import { defineCommand } from "../command.ts";
import { made } from "../outcome.ts";

export const command = defineCommand({
  name: "report",
  summary: "Draw figures of stored evaluations, or training curves averaged over seeds",
  details:
    "figures: every figure the evaluations have data for, several evaluations over each other; scores.jsonl beside metrics.json gives those of single turns. A suite is drawn by its datasets.\n" +
    "curves: a panel per loss, rate and score of metrics.jsonl; runs of one NAME are averaged where all of them have a value.\n" +
    "Each figure is an SVG with its Vega-Lite specification beside it.",
  order: 87,
  examples: [
    { text: "The figures of an evaluation", run: "uniconv report figures scores --output figures" },
    { text: "Two systems that were evaluated apart", run: "uniconv report figures ours=scores-ours bm25=scores-bm25 --output figures" },
    { text: "One system on several datasets", run: "uniconv report figures TopiOCQA=scores-topiocqa QReCC=scores-qrecc --output figures" },
    { text: "Three seeds as one curve with a band", run: "uniconv report curves ours=seed-0 ours=seed-1 ours=seed-2 --output curves" },
    {
      text: "Two trainings beside each other, two of their curves",
      run: "uniconv report curves lora full --metric L_R --metric eval_nDCG@3 --output curves",
    },
  ],
  options: async () => (await import("../../schema/options/report.ts")).ReportOptions,
  async run(options, context) {
    if (options.what === "curves") {
      const { reportCurves } = await import("../../report/curves/report-curves.ts");
      const { terminalTable } = await import("../../report/terminal-table.ts");
      const { status, dir, curves, table } = await reportCurves(options, context);
      const { text, result } = made({ status, dir, result: { curves }, facts: ["curves.svg, curves.vl.json, curves.csv, curves.md"] });
      return { result, text: `${terminalTable(table)}\n\n${text}` };
    }
    const { reportFigures } = await import("../../evaluate/report-figures.ts");
    const { status, dir, figures } = await reportFigures(options, context);
    return made({ status, dir, result: { figures }, facts: figures.map(({ name, title }) => `${name}.svg: ${title}`) });
  },
});

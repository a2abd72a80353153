/** @file `uniconv evaluate`, also `uniconv eval` */
import type { EvaluateResult } from "../../evaluate/evaluate.ts";
import { defineCommand } from "../command.ts";
import { shown } from "../outcome.ts";

export const command = defineCommand({
  name: "evaluate",
  aliases: ["eval"],
  summary: "Score runs against judgements and responses against references",
  order: 80,
  examples: [
    { text: "Retrieval and answers, as a table", run: "uniconv evaluate --input prepared --run run --responses responses --output scores" },
    {
      text: "Two systems, named, with a paired test between them",
      run: "uniconv eval --input prepared --run bm25=run-bm25 --run ours=run",
    },
    { text: "By turn number and by topic shift", run: "uniconv eval --input prepared --run run --by turn --by topic_shift" },
    { text: "Beside the numbers of a paper", run: "uniconv eval --input prepared --run run --against uniconv-2507.07030" },
    { text: "Fail (exit 1) below a threshold", run: "uniconv eval --input prepared --run run --fail-under nDCG@3=0.40" },
    {
      text: "What trec_eval would print",
      run: "uniconv eval --qrels prepared/qrels.tsv --run run/run.trec --format trec_eval --metric ndcg_cut_3",
    },
  ],
  options: async () => (await import("../../schema/options/evaluate.ts")).EvaluateOptions,
  async run(options, context) {
    const { evaluate } = await import("../../evaluate/evaluate.ts");
    const result = await evaluate(options, context);
    const { evaluation, failures, output } = result;
    if (output !== undefined) context.reporter.info(`${shown(output.dir)} holds metrics.json, scores.jsonl and report.md`);
    return { result: { evaluation, failures, output }, text: await textOf(result, options.format), failed: failures };
  },
});

async function textOf({ evaluation, trecEval }: EvaluateResult, format: "table" | "markdown" | "trec_eval"): Promise<string> {
  if (trecEval !== undefined) return trecEval.join("\n");
  const { evaluationTable } = await import("../../report/evaluation-table.ts");
  const { markdownTable, terminalTable } = await import("../../report/table.ts");
  const { againstTable } = await import("../../report/against-table.ts");
  const { breakdownTable, consistencyTable } = await import("../../report/breakdown-table.ts");
  const tables = [
    evaluationTable(evaluation, { intervals: true }),
    ...(evaluation.against === undefined ? [] : [againstTable(evaluation, evaluation.against)]),
    ...evaluation.breakdowns.map((one) => breakdownTable(one, { intervals: true })),
    ...(evaluation.consistency.length > 0 ? [consistencyTable(evaluation.consistency)] : []),
  ];
  return tables.map(format === "markdown" ? markdownTable : terminalTable).join("\n\n");
}

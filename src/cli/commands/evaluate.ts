/** @file `uniconv evaluate`, also `uniconv eval` */
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
    {
      text: "A run and judgements that name turns as 1-2 and QReCC-Test_1_2",
      run: "uniconv eval --input prepared --qrels gold.trec --run theirs.trec --id-format 'qrels={conversation}-{turn}' --id-format run=qrecc",
    },
    { text: "Beside the numbers of a paper", run: "uniconv eval --input prepared --run run --against uniconv-2507.07030" },
    { text: "Fail (exit 1) below a threshold", run: "uniconv eval --input prepared --run run --fail-under nDCG@3=0.40" },
    {
      text: "For CI: JUnit and HTML beside the verdict",
      run: "uniconv eval --input prepared --run run --fail-under R@10=0.60 --report junit=junit.xml --report html=report.html",
    },
    {
      text: "Several datasets at once, beside the numbers of a paper",
      run: "uniconv eval --suite uniconv-2507.07030 --root data --system ours --against uniconv-2507.07030",
    },
    {
      text: "What trec_eval would print",
      run: "uniconv eval --qrels prepared/qrels.tsv --run run/run.trec --format trec_eval --metric ndcg_cut_3",
    },
  ],
  options: async () => (await import("../../schema/options/evaluate.ts")).EvaluateOptions,
  async run(options, context) {
    const { evaluationText, refuseMixed } = await import("../evaluation-text.ts");
    refuseMixed(options);
    if (options.suite !== undefined) return (await import("../suite.ts")).runSuite(options, context);
    const { evaluate } = await import("../../evaluate/evaluate.ts");
    const { evaluation, failures, output, trecEval } = await evaluate(options, context);
    if (output !== undefined) context.reporter.info(`${shown(output.dir)} holds metrics.json, scores.jsonl and report.md`);
    const { annotations, jobSummary } = await import("../ci.ts");
    const { csvRows } = await import("../../report/evaluation-csv.ts");
    const { printed } = await import("../../report/printed.ts");
    const { sectionsOf } = await import("../../report/sections.ts");
    await jobSummary(() => printed(sectionsOf(evaluation), "markdown"));
    const notes = options.report.includes("github") ? annotations(failures, "evaluation") : [];
    return {
      result: { evaluation, failures, output },
      ...evaluationText(options.format, {
        sections: (how) => sectionsOf(evaluation, how),
        csv: () => csvRows(evaluation),
        ...(trecEval !== undefined && { trecEval }),
        notes,
      }),
      failed: failures,
    };
  },
  async plan(options) {
    return options.suite === undefined ? { result: {}, text: "" } : (await import("../suite.ts")).planOfSuite(options);
  },
});

/** @file `uniconv evaluate`: runs and answers against judgements and references, judged, reported and written. */
import type { EvaluateOptions } from "../schema/options/evaluate.ts";
import type { Evaluation } from "../schema/evaluation.ts";
import { UsageError } from "../util/errors.ts";
import type { StageContext } from "../util/reporter.ts";
import { evaluationOf } from "./evaluation.ts";
import type { Inputs } from "./inputs/inputs.ts";
import type { Scored } from "./scoring/rows.ts";
import type { ChosenRetrievalMetric } from "./scoring/score-run.ts";
import { parseThresholds, verdicts } from "./thresholds.ts";
import { formatTrecEval } from "./trec-format.ts";
import { inputEntries, writeEvaluation } from "./write-evaluation.ts";
import { writeReports } from "./write-reports.ts";

export interface EvaluateResult {
  evaluation: Evaluation;
  /** What --fail-under found wanting, a sentence each; the command exits 1 if there is any. */
  failures: string[];
  /** The lines of --format trec_eval. */
  trecEval?: string[];
  /** Where metrics.json, scores.jsonl and report.md are. */
  output?: { dir: string; status: "done" | "written" };
}

export async function evaluate(options: EvaluateOptions, { reporter, signal }: StageContext): Promise<EvaluateResult> {
  const thresholds = await parseThresholds(options.fail_under);
  const evaluated = await evaluationOf(options, { reporter, signal });
  const { evaluation, inputs, plan, rows } = evaluated;
  const judged = verdicts(evaluation, thresholds);
  const scores = rows.map(({ row, scored }) => ({ name: row.name, scored }));
  const result: EvaluateResult = { evaluation, failures: judged.flatMap(({ problem }) => problem ?? []) };
  if (options.format === "trec_eval") result.trecEval = trecLines(options, inputs, rows[0]!.scored[0], plan.retrieval);
  if (options.output !== undefined) result.output = await writeEvaluation(options.output, options, evaluated);
  // Last: an output that is refused leaves no report of an evaluation that failed.
  await writeReports(options.report, { evaluation, verdicts: judged, scores, inputs: () => inputEntries(inputs) });
  return result;
}

function trecLines(
  options: EvaluateOptions,
  { systems, qrels }: Inputs,
  scored: Scored | undefined,
  metrics: readonly ChosenRetrievalMetric[],
): string[] {
  if (scored === undefined) throw new UsageError("--format trec_eval: no passages are judged, there is nothing to print");
  return formatTrecEval(
    { turns: scored.turns, scores: new Map(scored.scores) },
    { metrics, tag: systems[0]!.run!.table.tag, perTurn: options.per_turn, complete: options.averaging === "all" ? qrels : undefined },
  );
}

/** @file `uniconv evaluate`: runs and answers against judgments and references. */
import { join } from "node:path";
import type { ChosenMetric } from "../../eval/registry.ts";
import { evaluationReport } from "../report/evaluation-report.ts";
import type { EvaluateOptions } from "../schema/options/evaluate.ts";
import type { Evaluation } from "../schema/evaluation.ts";
import { fileEntry } from "../util/artifact-work.ts";
import { writeArtifact } from "../util/artifact.ts";
import { UsageError } from "../util/errors.ts";
import { writeFileDurable } from "../util/files.ts";
import type { StageContext } from "../util/reporter.ts";
import { against } from "./against.ts";
import { breakdowns } from "./breakdown.ts";
import { consistency } from "./consistency.ts";
import { type Inputs, planMetrics, readInputs, refusePartial } from "./gather.ts";
import { writeMetrics, writeScores } from "./output.ts";
import { writeReports } from "./write-reports.ts";
import { compareAll, type Scored } from "./rows.ts";
import { addLead, type Row, scoreSystem } from "./score-system.ts";
import type { ChosenRetrievalMetric } from "./score-run.ts";
import { parseThresholds, verdicts } from "./thresholds.ts";
import { formatTrecEval } from "./trec-format.ts";

export interface EvaluateResult {
  evaluation: Evaluation;
  /** What --fail-under found wanting, a sentence each; the command exits 1 if there is any. */
  failures: string[];
  /** The lines of --format trec_eval. */
  trecEval?: string[];
  /** Where metrics.json, scores.jsonl and report.md are. */
  output?: { dir: string; status: "done" | "written" };
}

export async function evaluate(options: EvaluateOptions, context: StageContext): Promise<EvaluateResult> {
  const plan = await planMetrics(options);
  const inputs = await readInputs(options, plan);
  const thresholds = await parseThresholds(options.fail_under);
  refusePartial(options, inputs);
  const warnings: string[] = [];
  const warn = (message: string): void => {
    warnings.push(message);
    context.reporter.warn(message);
  };
  const scoring = { options, inputs, plan, warn, info: context.reporter.info.bind(context.reporter) };
  const rows = inputs.systems.map((system) => scoreSystem(system, scoring));
  const lead = await addLead(rows, scoring);
  const metrics = plan.metrics.filter(({ label }) => rows.some(({ row }) => row.cells.some(({ metric }) => metric === label)));
  for (const { label } of plan.explicit)
    if (!metrics.some((metric) => metric.label === label))
      throw new UsageError(`${label} has nothing to score: give --run for retrieval metrics, --responses for answers`);
  const systems = rows.filter(({ row }) => row.role === "system").map(({ row, scored }) => ({ name: row.name, scored }));
  if (options.baseline !== undefined && !systems.some(({ name }) => name === options.baseline))
    throw new UsageError(`--baseline ${options.baseline} names no system; there are ${systems.map(({ name }) => name).join(", ")}`);
  const [retrieval] = metrics.filter(({ metric }) => metric.kind === "retrieval" && metric.aggregate === "mean");
  const [answer] = metrics.filter(({ metric }) => metric.kind === "answer" && metric.aggregate === "mean");
  const axes = { retrieval: retrieval?.label ?? "", answer: answer?.label ?? "" };
  const evaluation: Evaluation = {
    metrics: metrics.map(({ metric, label }) => ({ label, count: metric.aggregate === "sum", higher_is_better: metric.higherIsBetter })),
    systems: rows.map(({ row }) => row),
    comparisons: compareAll(systems, { metrics, baseline: options.baseline, permutations: options.permutations, seed: options.seed }),
    breakdowns: breakdownsOf(options, inputs, { rows, metrics }),
    consistency: systems.flatMap(({ name, scored }) => consistency(name, scored, axes) ?? []),
    protocol: { ...protocolOf(options, inputs, rows), ...(lead === undefined ? {} : { lead }) },
    warnings,
  };
  if (options.against !== undefined) {
    if (inputs.prepared === undefined)
      throw new UsageError("--against needs --input PREPARED: a qrels file does not say which dataset it judges");
    evaluation.against = against(
      options.against,
      inputs.prepared,
      metrics.map(({ label }) => label),
    );
  }
  const judged = verdicts(evaluation, thresholds);
  writeReports(options.report, { evaluation, verdicts: judged, inputs: () => inputEntries(inputs) });
  const result: EvaluateResult = { evaluation, failures: judged.flatMap(({ problem }) => problem ?? []) };
  if (options.format === "trec_eval") result.trecEval = trecLines(options, inputs, rows[0]!.scored[0], plan.retrieval);
  if (options.output !== undefined) result.output = await write(options.output, { options, inputs, evaluation, rows });
  return result;
}

function breakdownsOf(
  { by, bootstrap, seed }: EvaluateOptions,
  { prepared }: Inputs,
  { rows, metrics }: { rows: readonly Row[]; metrics: readonly ChosenMetric[] },
): Evaluation["breakdowns"] {
  if (by.length === 0) return [];
  if (prepared === undefined) throw new UsageError("--by needs --input PREPARED: a qrels file knows nothing of its turns");
  const systems = rows.map(({ row, scored }) => ({ name: row.name, scored }));
  return breakdowns({
    by: [...new Set(by)],
    prepared,
    systems,
    metrics: metrics.filter(({ metric }) => metric.aggregate === "mean"),
    resamples: bootstrap,
    seed,
  });
}

function protocolOf(options: EvaluateOptions, { prepared }: Inputs, rows: readonly Row[]): Evaluation["protocol"] {
  const counts = (answers: boolean): string | number | undefined => {
    const found = rows.flatMap(({ scored }) =>
      scored.filter(({ corpus }) => (corpus !== undefined) === answers).map(({ turns }) => turns.length),
    );
    const distinct = [...new Set(found)];
    return distinct.length > 1 ? distinct.join("/") : distinct[0];
  };
  const [judged, referenced] = [counts(false), counts(true)];
  return {
    ...(prepared === undefined ? {} : { split: prepared.split }),
    ...(judged === undefined ? {} : { "judged turns": judged }),
    ...(referenced === undefined ? {} : { "turns with references": referenced }),
    averaging: options.averaging ?? (options.format === "trec_eval" ? "intersection" : "all"),
    ...(judged !== undefined ? { "relevance level": options.relevance_level } : {}),
    ...(judged !== undefined && options.depth !== undefined ? { depth: options.depth } : {}),
    ...(referenced !== undefined ? { "several references": options.multi_ref } : {}),
  };
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

const inputEntries = ({ files }: Inputs) => [...files].map((path) => fileEntry(path, path));

async function write(
  output: string,
  { options, inputs, evaluation, rows }: { options: EvaluateOptions; inputs: Inputs; evaluation: Evaluation; rows: readonly Row[] },
): Promise<NonNullable<EvaluateResult["output"]>> {
  const entries = inputEntries(inputs);
  const { dir, status } = await writeArtifact(
    {
      output,
      kind: "evaluation",
      command: "evaluate",
      options,
      seed: options.seed,
      inputs: entries,
      partial:
        inputs.prepared?.partial === true ||
        inputs.systems.some(({ run, responses }) => run?.partial === true || responses?.partial === true),
      resume: options.resume,
      overwrite: options.overwrite,
    },
    async (draft) => {
      writeMetrics(draft.dir, evaluation);
      await writeScores(
        draft.dir,
        rows.map(({ row, scored }) => ({ name: row.name, scored })),
      );
      writeFileDurable(join(draft.dir, "report.md"), evaluationReport(evaluation, entries));
    },
  );
  return { dir, status };
}

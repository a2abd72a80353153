/** @file One evaluation, from options to the value that is printed, reported and written elsewhere. */
import type { Metric } from "../../eval/metric.ts";
import type { ChosenMetric } from "../../eval/registry.ts";
import type { Evaluation } from "../schema/evaluation.ts";
import type { EvaluateOptions } from "../schema/options/evaluate.ts";
import { UsageError } from "../util/errors.ts";
import { readReference } from "../util/reference.ts";
import { firstWarnings, type StageContext } from "../util/reporter.ts";
import { pause } from "../util/interrupt.ts";
import { against } from "./against.ts";
import { breakdowns } from "./breakdown.ts";
import { type ComparedSystem, comparisonsOf, lettered } from "./comparisons.ts";
import { consistency } from "./consistency.ts";
import { deltaOf } from "./stored/delta.ts";
import { type Inputs, isPartial, limitable, readInputs, relevantAt, unscored } from "./inputs/inputs.ts";
import { type Plan, planMetrics } from "./scoring/plan.ts";
import { refusePartial } from "./partial.ts";
import { protocolOf } from "./protocol.ts";
import { addLead } from "./scoring/lead.ts";
import { type Row, type Scoring, scoreSystem } from "./scoring/score-system.ts";

export interface Evaluated {
  evaluation: Evaluation;
  inputs: Inputs;
  plan: Plan;
  /** A row per system, with its scores per turn. */
  rows: Row[];
}

/** Reads and scores; writes nothing. */
export async function evaluationOf(options: EvaluateOptions, { reporter, signal }: StageContext): Promise<Evaluated> {
  const plan = await planMetrics(options);
  const warnings: string[] = [];
  const warn = (message: string): void => {
    warnings.push(message);
    reporter.warn(message);
  };
  const info = reporter.info.bind(reporter);
  const inputs = await read(options, plan, { warn, info });
  const scoring = { options, inputs, plan, warn, info };
  const { rows, lead } = await scoreAll(scoring, signal);
  const metrics = scoredMetrics(plan, rows);
  const systems = rows.filter(({ row }) => row.role === "system").map(({ row, scored }) => ({ name: row.name, scored }));
  const evaluation: Evaluation = {
    metrics: metrics.map(({ metric, label }) => ({
      label,
      count: metric.aggregate === "sum",
      higher_is_better: metric.higherIsBetter,
      ...(rows.some(({ scored }) => scored.some(({ corpus }) => corpus?.has(label))) && { corpus: true }),
    })),
    systems: lettered(rows, options),
    ...comparisonsOf(systems, metrics, options),
    breakdowns: breakdownsOf(options, inputs, { rows, metrics }),
    consistency: consistencyOf(systems, metrics),
    ...(isPartial(inputs) && { partial: true }),
    protocol: { ...protocolOf(options, inputs, rows), ...(lead === undefined ? {} : { lead }) },
    warnings,
  };
  if (options.delta_from !== undefined)
    evaluation.delta = await deltaOf({
      from: options.delta_from,
      allowPartial: options.allow_partial,
      rows,
      protocol: evaluation.protocol,
      files: inputs.files,
      warn,
    });
  if (options.against !== undefined)
    evaluation.against = against(options.against, inputs.prepared!, {
      labels: metrics.map(({ label }) => label),
      partial: isPartial(inputs),
    });
  return { evaluation, inputs, plan, rows };
}

/** The inputs, once what is to be said of them is said: also what is wrong with options, as scoring may take minutes. */
async function read(options: EvaluateOptions, { answers }: Plan, { warn, info }: Pick<Scoring, "warn" | "info">): Promise<Inputs> {
  const { against: paper, baseline } = options;
  if (paper !== undefined) readReference(paper);
  const repairs = firstWarnings(warn);
  const passageTexts = answers.some(({ metric }) => metric.against === "passages");
  const inputs = await readInputs(options, { warn: repairs.take, passageTexts });
  repairs.end();
  const names = inputs.systems.map(({ name }) => name);
  if (baseline !== undefined && !names.includes(baseline))
    throw new UsageError(`--baseline ${baseline} names no system; there are ${names.join(", ")}`);
  if (options.fail_under.length > 0) refusePartial(limitable(inputs), { by: "--fail-under", allowed: options.allow_partial });
  for (const line of inputs.renamed) info(`turn ids of ${line}`);
  for (const line of unscored(inputs)) info(line);
  if (options.run.length > 0 && !relevantAt(inputs, options.relevance_level))
    warn(`no passage is judged ${options.relevance_level} or higher (--relevance-level): only nDCG, which uses the grades, can be above 0`);
  return inputs;
}

async function scoreAll(scoring: Scoring, signal: AbortSignal): Promise<{ rows: Row[]; lead: string | undefined }> {
  const rows: Row[] = [];
  for (const system of scoring.inputs.systems) {
    await pause(signal, "before anything was written");
    rows.push(scoreSystem(system, scoring));
  }
  const lead = await addLead(rows, scoring);
  await pause(signal, "before anything was written");
  return { rows, lead };
}

/** The metrics that any row has. Throws `UsageError` where one that was asked for by name is not among them. */
function scoredMetrics({ metrics, explicit }: Plan, rows: readonly Row[]): ChosenMetric[] {
  const found = metrics.filter(({ label }) => rows.some(({ row }) => row.cells.some(({ metric }) => metric === label)));
  const lacking = explicit.find(({ label }) => !found.some((metric) => metric.label === label));
  if (lacking !== undefined)
    throw new UsageError(`${lacking.label} has nothing to score: give --run for retrieval metrics, --responses for answers`);
  return found;
}

/** Of the first metric of each kind. */
function consistencyOf(systems: readonly ComparedSystem[], metrics: readonly ChosenMetric[]): Evaluation["consistency"] {
  const first = (kind: Metric["kind"]): string =>
    metrics.find(({ metric }) => metric.kind === kind && metric.aggregate === "mean")?.label ?? "";
  const axes = { retrieval: first("retrieval"), answer: first("answer") };
  return systems.flatMap(({ name, scored }) => consistency(name, scored, axes) ?? []);
}

function breakdownsOf(
  { by, bootstrap, seed }: EvaluateOptions,
  { prepared, qrels, qrelsFrom, groupings }: Inputs,
  { rows, metrics }: { rows: readonly Row[]; metrics: readonly ChosenMetric[] },
): Evaluation["breakdowns"] {
  if (by.length === 0) return [];
  const unknown = prepared === undefined ? by.find((name) => !groupings.has(name)) : undefined;
  if (unknown !== undefined)
    throw new UsageError(
      `--by ${unknown} needs --input PREPARED: a qrels file knows nothing of its turns. Without one, --by takes a file {group: [turn, …]} whose name ends in .json`,
    );
  const systems = rows.map(({ row, scored }) => ({ name: row.name, scored }));
  return breakdowns({
    by: [...new Set(by)],
    grouped: prepared ?? { turns: [...(qrels?.keys() ?? [])], facts: new Map(), dir: qrelsFrom },
    groupings,
    systems,
    metrics: metrics.filter(({ metric }) => metric.aggregate === "mean"),
    resamples: bootstrap,
    seed,
  });
}

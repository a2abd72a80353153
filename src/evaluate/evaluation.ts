/** @file One evaluation, from options to the value that is printed, reported and written elsewhere. */
import type { ChosenMetric } from "../../eval/registry.ts";
import type { Evaluation } from "../schema/evaluation.ts";
import type { EvaluateOptions } from "../schema/options/evaluate.ts";
import { UsageError } from "../util/errors.ts";
import { firstWarnings, type StageContext } from "../util/reporter.ts";
import { pause } from "../util/interrupt.ts";
import { against } from "./against.ts";
import { answerOptions } from "./scoring/answer-options.ts";
import { breakdowns } from "./breakdown.ts";
import { comparisonsOf, lettered } from "./comparisons.ts";
import { consistency } from "./consistency.ts";
import { deltaOf } from "./stored/delta.ts";
import { type Inputs, isPartial, limitable, readInputs } from "./inputs/inputs.ts";
import { type Plan, planMetrics } from "./scoring/plan.ts";
import { refusePartial } from "./partial.ts";
import { citationProtocol } from "./scoring/score-citations.ts";
import { addLead, type Row, scoreSystem } from "./scoring/score-system.ts";
import { averagingOf, type Over } from "./scoring/turns.ts";

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
  const repairs = firstWarnings(warn);
  const passageTexts = plan.answers.some(({ metric }) => metric.against === "passages");
  const inputs = await readInputs(options, { warn: repairs.take, passageTexts });
  repairs.end();
  if (options.fail_under.length > 0) refusePartial(limitable(inputs), { by: "--fail-under", allowed: options.allow_partial });
  for (const line of inputs.renamed) reporter.info(`turn ids of ${line}`);
  for (const line of unscored(inputs)) reporter.info(line);
  if (options.run.length > 0 && !relevantAt(inputs, options.relevance_level))
    warn(`no passage is judged ${options.relevance_level} or higher (--relevance-level): only nDCG, which uses the grades, can be above 0`);
  const scoring = { options, inputs, plan, warn, info: reporter.info.bind(reporter) };
  const rows: Row[] = [];
  for (const system of inputs.systems) {
    await pause(signal, "before anything was written");
    rows.push(scoreSystem(system, scoring));
  }
  const lead = await addLead(rows, scoring);
  await pause(signal, "before anything was written");
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
    metrics: metrics.map(({ metric, label }) => ({
      label,
      count: metric.aggregate === "sum",
      higher_is_better: metric.higherIsBetter,
      ...(rows.some(({ scored }) => scored.some(({ corpus }) => corpus?.has(label))) && { corpus: true }),
    })),
    systems: lettered(rows, options),
    ...comparisonsOf(systems, metrics, options),
    breakdowns: breakdownsOf(options, inputs, { rows, metrics }),
    consistency: systems.flatMap(({ name, scored }) => consistency(name, scored, axes) ?? []),
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
  if (options.against !== undefined) {
    if (inputs.prepared === undefined)
      throw new UsageError("--against needs --input PREPARED: a qrels file does not say which dataset it judges");
    evaluation.against = against(options.against, inputs.prepared, {
      labels: metrics.map(({ label }) => label),
      partial: isPartial(inputs),
    });
  }
  return { evaluation, inputs, plan, rows };
}

/** Turns that a foreign file judges and the prepared split does not have. */
function unscored({ prepared, qrels, qrelsFrom }: Inputs): string[] {
  if (prepared === undefined || qrels === undefined || qrelsFrom === prepared.dir) return [];
  const known = new Set(prepared.turns);
  const stray = [...qrels.keys()].filter((turn) => !known.has(turn)).length;
  return stray === 0
    ? []
    : [`${qrelsFrom} judges ${stray} turns beside those of ${prepared.dir} (split ${prepared.split}); they are not scored`];
}

function relevantAt({ qrels }: Inputs, level: number): boolean {
  if (qrels === undefined) return true;
  for (const grades of qrels.values()) for (const grade of grades.values()) if (grade >= level) return true;
  return false;
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

/** What the turns behind the scores are called beside their number. */
const COUNTED: readonly (readonly [Over, string])[] = [
  ["judged turns", "judged turns"],
  ["referenced turns", "turns with references"],
  ["answerable turns", "answerable turns"],
  ["turns with evidence", "turns with evidence"],
  ["turns with passages", "turns with passages"],
];

function protocolOf(options: EvaluateOptions, { prepared, systems, renamed }: Inputs, rows: readonly Row[]): Evaluation["protocol"] {
  const scored = rows.flatMap((row) => row.scored);
  /** Several where the systems have different turns and --averaging intersection takes those of each. */
  const counted = COUNTED.flatMap(([over, key]): [string, string | number][] => {
    const distinct = [...new Set(scored.filter((one) => one.over === over).map(({ turns }) => turns.length))];
    return distinct.length === 0 ? [] : [[key, distinct.length > 1 ? distinct.join("/") : distinct[0]!]];
  });
  const judged = scored.some(({ over }) => over === "judged turns");
  const answered = scored.some(({ over }) => over !== "judged turns");
  const { f1Variant, multiReference } = answerOptions(options);
  return {
    ...(prepared === undefined ? {} : { split: prepared.split }),
    ...Object.fromEntries(counted),
    averaging: averagingOf(options),
    ...(judged ? { "relevance level": options.relevance_level } : {}),
    ...(judged && options.depth !== undefined ? { depth: options.depth } : {}),
    ...(answered ? { "F1 variant": f1Variant, "several references": multiReference } : {}),
    ...citationProtocol(systems, options.citations),
    ...(renamed.length > 0 ? { "turn ids": renamed.join("; ") } : {}),
  };
}

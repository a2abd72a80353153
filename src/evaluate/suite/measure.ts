/** @file One dataset of a suite: its evaluation, what is missing from it, and whether these are the turns the suite names. */
import type { Cell, Evaluation, Verdict } from "../../schema/evaluation.ts";
import type { SuiteDataset } from "../../schema/suite-evaluation.ts";
import { DataError, UsageError } from "../../util/errors.ts";
import type { StageContext } from "../../util/reporter.ts";
import { LETTERS } from "../comparisons.ts";
import { type Evaluated, evaluationOf } from "../evaluation.ts";
import { type Inputs, isPartial } from "../inputs/inputs.ts";
import { NoSuchSplit, type Prepared } from "../inputs/prepared.ts";
import type { Row } from "../scoring/score-system.ts";
import { verdicts } from "../thresholds.ts";
import { type PlannedDataset } from "./planned.ts";
import { measuredOn } from "./read-suite.ts";

export interface Measured {
  dataset: SuiteDataset;
  plan: PlannedDataset;
  verdicts: Verdict[];
  /** The scores per turn; the runs themselves are let go. */
  rows: Row[];
  files: string[];
  partial: boolean;
}

export interface Measuring {
  systems: readonly string[];
  allowMissing: boolean;
  context: StageContext;
}

export async function measure(plan: PlannedDataset, { systems, allowMissing, context }: Measuring): Promise<Measured> {
  const { entry, missing } = plan;
  const { name, dataset } = entry;
  const evaluated = missing ?? (await evaluatedOr(plan, { allowMissing, context }));
  if (typeof evaluated === "string") return absent(plan, evaluated);
  const { inputs, rows } = evaluated;
  const prepared = inputs.prepared!;
  refuseOther(dataset, prepared);
  const label = labelOf(plan, inputs);
  if (label !== undefined) context.reporter.warn(`${name}: ${label}`);
  const evaluation = filled(evaluated, plan, { systems, label });
  const { split, turns } = prepared;
  return {
    dataset: { name, dataset, split, turns: turns.length, ...(label === undefined ? {} : { label }), evaluation },
    plan,
    verdicts: verdicts(evaluation, plan.thresholds).map((one) => ofDataset(name, one)),
    rows,
    files: [...inputs.files],
    partial: isPartial(inputs),
  };
}

/** The evaluation, or why there is none where that is allowed. Messages about options do not name a path: the dataset is said instead. */
async function evaluatedOr(
  { entry: { name }, options }: PlannedDataset,
  { allowMissing, context: { reporter, signal } }: Omit<Measuring, "systems">,
): Promise<Evaluated | string> {
  const said = {
    ...reporter,
    warn: (text: string) => reporter.warn(`${name}: ${text}`),
    info: (text: string) => reporter.info(`${name}: ${text}`),
  };
  try {
    return await evaluationOf(options!, { reporter: said, signal });
  } catch (error) {
    if (error instanceof NoSuchSplit && allowMissing) return error.message;
    if (error instanceof UsageError) throw new UsageError(`${name}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** Nothing is there to score: its thresholds fail. */
function absent(plan: PlannedDataset, missing: string): Measured {
  const { name, dataset } = plan.entry;
  const failed = plan.thresholds.map(({ chosen: { label: metric }, least }) => ({
    dataset: name,
    system: "",
    metric,
    least,
    problem: `${name}: ${metric} is not available (${missing}), at least ${least} was asked for`,
  }));
  return { dataset: { name, dataset, missing }, plan, verdicts: failed, rows: [], files: [], partial: false };
}

const ofDataset = (dataset: string, verdict: Verdict): Verdict => ({
  dataset,
  ...verdict,
  ...(verdict.problem === undefined ? {} : { problem: `${dataset}: ${verdict.problem}` }),
});

/** A folder of another dataset in this one's place is a slip that no score would show. */
function refuseOther(dataset: string, { artifact, dir }: Prepared): void {
  const recorded = artifact.manifest.options["dataset"];
  if (typeof recorded === "string" && recorded !== dataset)
    throw new DataError(`was prepared from the dataset ${recorded}; the suite expects ${dataset} here`, { file: dir });
}

/** Why the scores are not over the turns the suite names. */
function labelOf({ entry }: PlannedDataset, { prepared, qrels }: Inputs): string | undefined {
  const { turns, judged } = entry;
  const found = prepared!.turns.length;
  const withQrels = qrels === undefined ? 0 : prepared!.turns.filter((turn) => qrels.has(turn)).length;
  const parts = [
    ...(prepared!.partial ? ["made under --limit"] : []),
    ...(turns !== undefined && found !== turns ? [`${found} turns of ${prepared!.split}; the suite expects ${turns}`] : []),
    ...(judged !== undefined && found === turns && withQrels !== judged
      ? [`${withQrels} turns of ${prepared!.split} have judgements; the suite expects ${judged}`]
      : []),
  ];
  return parts.length === 0 ? undefined : parts.join(", ");
}

/** Every system has a row and every metric a column, whether it was scored or not; a system has one letter on all datasets. */
function filled(
  { evaluation }: Evaluated,
  { metrics, holes }: PlannedDataset,
  { systems, label }: { systems: readonly string[]; label: string | undefined },
): Evaluation {
  const lettered = evaluation.systems.some(({ letter }) => letter !== undefined);
  const rows = systems.map((name, at) => {
    const cells = evaluation.systems.find((system) => system.name === name && system.role === "system")?.cells ?? [];
    const missing = metrics.flatMap(({ label, metric }): Cell[] => {
      const hole = holes.find((one) => one.system === name && one.kind === measuredOn(metric));
      const there = cells.some((cell) => cell.metric === label);
      return hole === undefined || there ? [] : [{ metric: label, value: null, reason: `missing: ${hole.path}`, n: 0 }];
    });
    return { name, role: "system" as const, ...(lettered && { letter: LETTERS[at]! }), cells: [...cells, ...missing] };
  });
  const columns = metrics.map(
    ({ metric, label }) =>
      evaluation.metrics.find((one) => one.label === label) ?? {
        label,
        count: metric.aggregate === "sum",
        higher_is_better: metric.higherIsBetter,
      },
  );
  // Also where the dataset stands alone: in its folder, and in a row of CSV.
  const protocol = { ...evaluation.protocol, ...(label === undefined ? {} : { "not the suite's turns": `(${label})` }) };
  const baselines = evaluation.systems.filter(({ role }) => role === "baseline");
  return { ...evaluation, protocol, metrics: columns, systems: [...rows, ...baselines] };
}

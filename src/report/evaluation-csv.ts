/** @file An evaluation in the long form that pandas and R want: a row per system and metric, and per group of turns. Scores are 0-1, in full. */
import type { Cell, Comparison, Evaluation, System } from "../schema/evaluation.ts";
import { csv, type CsvValue } from "./csv.ts";
import { marksOf } from "./marks.ts";
import { protocolNote } from "./evaluation-table.ts";

/** A row by the titles of its columns. */
export type CsvRow = Record<(typeof COLUMNS)[number], CsvValue>;

const COLUMNS = [
  // Empty where there is only one.
  "dataset",
  "system",
  // What marks call it; role: system, or a baseline of ours.
  "letter",
  "role",
  "metric",
  "higher_is_better",
  // Empty for all turns: `turn` and `3`.
  "by",
  "group",
  "value",
  "ci_low",
  "ci_high",
  "n",
  // Why there is no value.
  "reason",
  // Against the baseline system; system minus baseline.
  "baseline",
  "difference",
  "effect_size",
  "t_p",
  "randomisation_p",
  "holm_p",
  // * or letters, all of them written out.
  "marks",
  // Of --delta-from: the base, its score, and value minus that.
  "delta_from",
  "base",
  "delta",
  "protocol",
] as const;

export function csvOf(rows: readonly CsvRow[]): string {
  return csv(
    COLUMNS,
    rows.map((row) => COLUMNS.map((column) => row[column])),
  );
}

export function csvRows(evaluation: Evaluation): CsvRow[] {
  const { systems, breakdowns } = evaluation;
  const marks = marksOf(evaluation);
  const whole = systems.flatMap((system) =>
    system.cells.map((cell): CsvRow => ({
      ...scoreRow(evaluation, { system, cell }),
      ...againstBaseline(evaluation, { system: system.name, metric: cell.metric }),
      marks: marks(system.name, cell.metric),
      ...changeOf(evaluation, { system: system.name, cell }),
    })),
  );
  const parts = breakdowns.flatMap(({ by, groups }) =>
    groups.flatMap(({ group, system: name, cells }) =>
      cells.map((cell): CsvRow => ({
        ...scoreRow(evaluation, { system: systems.find((system) => system.name === name)!, cell }),
        by,
        group,
      })),
    ),
  );
  return [...whole, ...parts];
}

function scoreRow(evaluation: Evaluation, { system: { name, letter, role }, cell }: { system: System; cell: Cell }): CsvRow {
  return {
    ...EMPTY,
    system: name,
    letter,
    role,
    metric: cell.metric,
    higher_is_better: evaluation.metrics.find(({ label }) => label === cell.metric)?.higher_is_better,
    value: cell.value,
    ci_low: cell.interval?.[0],
    ci_high: cell.interval?.[1],
    n: cell.n,
    reason: cell.reason,
    protocol: protocolNote(evaluation),
  };
}

const EMPTY = Object.fromEntries(COLUMNS.map((column) => [column, undefined])) as CsvRow;

function changeOf({ delta }: Evaluation, { system, cell }: { system: string; cell: Cell }): Partial<CsvRow> {
  const base = delta?.scores[system]?.[cell.metric];
  if (base === undefined || cell.value === null) return {};
  return { delta_from: delta!.from, base, delta: cell.value - base };
}

/** The baseline is what the first tests under a metric subtract: with all pairs tested, it is the first of them. */
function againstBaseline({ comparisons }: Evaluation, { system, metric }: { system: string; metric: string }): Partial<CsvRow> {
  const tested = comparisons.filter((one) => one.metric === metric);
  const found: Comparison | undefined = tested.find((one) => one.system === system && one.baseline === tested[0]!.baseline);
  if (found === undefined) return {};
  const { baseline, difference, effect_size, t_p, randomisation_p, holm_p } = found;
  return { baseline, difference, effect_size, t_p, randomisation_p, holm_p };
}

/** @file What a report of an evaluation says, whatever form it takes. */
import type { Evaluation } from "../schema/evaluation.ts";
import { againstTable } from "./against-table.ts";
import { breakdownTable, consistencyTable } from "./breakdown-table.ts";
import { differencesTable, pairsTable } from "./differences-table.ts";
import { evaluationTable } from "./evaluation-table.ts";
import type { Table } from "./table.ts";

export interface Section {
  title: string;
  table: Table;
  /** For reports: too long, or too much, for a screen. */
  detail?: boolean;
}

/** The first section is the evaluation itself. `intervals: false` leaves them out: a page of a paper has no room for them. */
export function sectionsOf(evaluation: Evaluation, { intervals = true }: { intervals?: boolean } = {}): Section[] {
  const { against, breakdowns, consistency } = evaluation;
  return [
    { title: "Evaluation", table: evaluationTable(evaluation, { intervals }) },
    ...(against === undefined ? [] : [{ title: "Published numbers", table: againstTable(evaluation, against) }]),
    ...breakdowns.map((one) => ({ title: `By ${one.by}`, table: breakdownTable(one, { intervals }) })),
    ...(consistency.length > 0 ? [{ title: "Retrieval against answers", table: consistencyTable(consistency) }] : []),
    ...differences(evaluation),
  ];
}

/** With all their figures against a baseline; of many pairs, metrics.json has the figures. */
function differences(evaluation: Evaluation): Section[] {
  const { comparisons, significance } = evaluation;
  if (comparisons.length === 0) return [];
  if (significance?.compare !== "all") return [{ title: "Differences", table: differencesTable(comparisons), detail: true }];
  const metrics = new Set(comparisons.map(({ metric }) => metric));
  return [...metrics].map((metric) => ({ title: `Differences: ${metric}`, table: pairsTable(evaluation, metric), detail: true }));
}

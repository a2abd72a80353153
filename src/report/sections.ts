/** @file What a report of an evaluation says, whatever form it takes. */
import type { Evaluation } from "../schema/evaluation.ts";
import { againstTable } from "./against-table.ts";
import { breakdownTable, consistencyTable } from "./breakdown-table.ts";
import { differencesTable } from "./differences-table.ts";
import { evaluationTable } from "./evaluation-table.ts";
import type { Table } from "./table.ts";

export interface Section {
  title: string;
  table: Table;
}

/** The first section is the evaluation itself. */
export function sectionsOf(evaluation: Evaluation): Section[] {
  const { against, breakdowns, consistency, comparisons } = evaluation;
  return [
    { title: "Evaluation", table: evaluationTable(evaluation, { intervals: true }) },
    ...(against === undefined ? [] : [{ title: "Published numbers", table: againstTable(evaluation, against) }]),
    ...breakdowns.map((one) => ({ title: `By ${one.by}`, table: breakdownTable(one, { intervals: true }) })),
    ...(consistency.length > 0 ? [{ title: "Retrieval against answers", table: consistencyTable(consistency) }] : []),
    ...(comparisons.length > 0 ? [{ title: "Differences", table: differencesTable(comparisons) }] : []),
  ];
}

/** @file What a report of a suite says, whatever form it takes. */
import type { SuiteEvaluation } from "../schema/suite-evaluation.ts";
import { type Section, sectionsOf } from "./sections.ts";
import { paperTable } from "./suite-against-table.ts";
import { suiteTable } from "./suite-table.ts";

/** The first section is the suite itself; the details are all that is said of each dataset, as if it stood alone. */
export function suiteSections(suite: SuiteEvaluation, how: { intervals?: boolean } = {}): Section[] {
  return [
    { title: `Suite ${suite.suite}`, table: suiteTable(suite) },
    ...paperSections(suite),
    ...suite.datasets.flatMap((dataset) => datasetSections(dataset, how)),
  ];
}

function paperSections(suite: SuiteEvaluation): Section[] {
  const { against } = suite;
  if (against === undefined) return [];
  return against.tables.map((table) => ({
    title: `${table.id} of ${against.name}: ${table.about}`,
    table: paperTable(table, { suite, against }),
  }));
}

/** Breakdowns were asked for by name: they are shown; the rest stands in the suite's own table already. */
function datasetSections({ name, evaluation }: SuiteEvaluation["datasets"][number], how: { intervals?: boolean }): Section[] {
  if (evaluation === undefined) return [];
  const shown = new Set(evaluation.breakdowns.map(({ by }) => `By ${by}`));
  return sectionsOf(evaluation, how).map(({ title, table }) => ({ title: `${name}: ${title}`, table, detail: !shown.has(title) }));
}

/** @file A suite in long form: the rows of each dataset's evaluation, with its name. */
import type { SuiteEvaluation } from "../schema/suite-evaluation.ts";
import { type CsvRow, csvRows } from "./evaluation-csv.ts";

export function suiteCsvRows({ datasets }: SuiteEvaluation): CsvRow[] {
  return datasets.flatMap(({ name, evaluation }) =>
    evaluation === undefined ? [] : csvRows(evaluation).map((row) => ({ ...row, dataset: name })),
  );
}

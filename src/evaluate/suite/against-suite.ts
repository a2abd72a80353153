/** @file `--suite … --against PAPER`: the paper's tables, as far as the suite measures the same. */
import type { SuiteAgainst } from "../../schema/suite-evaluation.ts";
import { UsageError } from "../../util/errors.ts";
import { contradictions, readReference, splitLabel } from "../against.ts";
import type { Measured } from "./measure.ts";

/** Throws `UsageError` for a paper we do not have, and for one that reports nothing the suite measures. */
export function againstSuite(name: string, measured: readonly Measured[]): SuiteAgainst {
  const paper = readReference(name);
  const there = measured.filter(({ dataset }) => dataset.evaluation !== undefined);
  const tables = paper.tables.flatMap(({ id, about, columns, rows }) => {
    // A suite may hold a dataset twice, say its dev and its test split: each has columns of its own.
    const shown = there.flatMap(({ dataset, plan }) =>
      columns.flatMap((column, at) =>
        column.dataset === dataset.dataset && plan.metrics.some(({ label }) => label === column.metric)
          ? [{ at, dataset: dataset.name, metric: column.metric }]
          : [],
      ),
    );
    if (shown.length === 0) return [];
    const published = rows.flatMap(({ group, system, values }) => {
      const scores = shown.map(({ at }) => (values[at] == null ? null : values[at] / 100));
      return scores.every((score) => score === null) ? [] : [{ group, system, own: system === paper.own, values: scores }];
    });
    return [{ id, about, columns: shown.map(({ dataset, metric }) => ({ dataset, metric })), rows: published }];
  });
  if (tables.length === 0) {
    const has = [...new Set(paper.tables.flatMap(({ columns }) => columns.map(({ dataset, metric }) => `${dataset} ${metric}`)))].sort();
    throw new UsageError(`--against ${name}: it reports nothing that this suite measures; it reports ${has.join(", ")}`);
  }
  const labels = there.flatMap(({ dataset, prepared, partial }): [string, string][] => {
    const label = splitLabel(paper, { dataset: dataset.dataset, prepared: prepared!, partial });
    return label === undefined ? [] : [[dataset.name, label]];
  });
  return {
    name,
    source: paper.source,
    tables,
    labels: Object.fromEntries(labels),
    contradictions: contradictions(name, { datasets: there.map(({ dataset }) => dataset.dataset), tables: tables.map(({ id }) => id) }),
  };
}

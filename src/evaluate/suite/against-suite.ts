/** @file `--suite … --against PAPER`: the paper's tables, as far as the suite measures the same. */
import { absentMetric } from "../../../eval/absent.ts";
import type { PaperTable, SuiteAgainst, SuiteDataset } from "../../schema/suite-evaluation.ts";
import { UsageError } from "../../util/errors.ts";
import { readReference } from "../../util/reference.ts";
import { absentAmong, contradictions, digitsOf, splitLabel } from "../against.ts";
import type { Measured } from "./measure.ts";

/** Throws `UsageError` for a paper we do not have, and for one that reports nothing the suite measures. */
export function againstSuite(name: string, measured: readonly Measured[]): SuiteAgainst {
  const paper = readReference(name);
  const said = new Set<string>();
  const tables = paper.tables.flatMap(({ id, about, columns, rows }): PaperTable[] => {
    // A suite may hold a dataset twice, say its dev and its test split: each has columns of its own.
    const shown = measured.flatMap(({ dataset, plan }) =>
      columns.flatMap((column, at) => {
        const asked = plan.metrics.some(({ label }) => label === column.metric) || absentMetric(column.metric) !== undefined;
        return asked && column.dataset === dataset.dataset ? [{ at, dataset: dataset.name, metric: column.metric, of: dataset }] : [];
      }),
    );
    if (!shown.some(({ of, metric }) => hasScore(of, metric))) return [];
    const published = rows.flatMap(({ group, system, values, change = false, significant = [] }) => {
      const scores = shown.map(({ at }) => (values[at] == null ? null : values[at] / 100));
      if (scores.every((score) => score === null)) return [];
      const marked = shown.map(({ at }) => significant[at] === true);
      return [{ group, system, own: system === paper.own && !change, change, values: scores, significant: marked }];
    });
    const wrong = contradictions(name, { datasets: shown.map(({ of }) => of.dataset), tables: [id] }).filter((text) => !said.has(text));
    for (const text of wrong) said.add(text);
    return [
      {
        id,
        about,
        columns: shown.map(({ dataset, metric }) => ({ dataset, metric })),
        rows: published,
        absent: absentAmong(shown.map(({ metric }) => metric)),
        contradictions: wrong,
      },
    ];
  });
  if (tables.length === 0) {
    const has = [...new Set(paper.tables.flatMap(({ columns }) => columns.map(({ dataset, metric }) => `${dataset} ${metric}`)))].sort();
    throw new UsageError(`--against ${name}: it reports nothing that was measured here; it reports ${has.join(", ")}`);
  }
  const labels = measured.flatMap(({ dataset: { name: own, dataset, split, turns }, partial }): [string, string][] => {
    if (split === undefined || turns === undefined) return [];
    const label = splitLabel(paper, { dataset, split, turns, partial });
    return label === undefined ? [] : [[own, label]];
  });
  return { name, source: paper.source, digits: digitsOf(paper), tables, labels: Object.fromEntries(labels) };
}

const hasScore = ({ evaluation }: SuiteDataset, metric: string): boolean =>
  evaluation?.systems.some(({ role, cells }) => role === "system" && cells.some((cell) => cell.metric === metric && cell.value !== null)) ??
  false;

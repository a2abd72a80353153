/** @file `evaluate --against PAPER`: published numbers beside ours, for the dataset at hand. */
import { absentMetric } from "../../eval/absent.ts";
import type { Against } from "../schema/evaluation.ts";
import type { Reference } from "../schema/reference.ts";
import { UsageError } from "../util/errors.ts";
import { readContradictions, readReference } from "../util/reference.ts";
import type { Prepared } from "./inputs/prepared.ts";

/** Throws `UsageError` for a paper we do not have, and for a dataset the paper does not report. */
export function against(name: string, prepared: Prepared, { labels, partial }: { labels: readonly string[]; partial: boolean }): Against {
  const paper = readReference(name);
  const recorded = prepared.artifact.manifest.options["dataset"];
  const dataset = typeof recorded === "string" ? recorded : "";
  const rows = paper.tables.flatMap(({ id, columns, rows: published }) =>
    published.flatMap(({ group, system, values, change = false, significant = [] }) => {
      const shown = columns.flatMap(({ dataset: of, metric }, at) => {
        const value = values[at];
        const wanted = labels.includes(metric) || absentMetric(metric) !== undefined;
        return of === dataset && wanted && value != null ? [{ metric, value, marked: significant[at] === true }] : [];
      });
      if (!shown.some(({ metric }) => labels.includes(metric))) return [];
      return [
        {
          table: id,
          group,
          system,
          own: system === paper.own,
          change,
          scores: Object.fromEntries(shown.map(({ metric, value }) => [metric, value / 100])),
          significant: shown.flatMap(({ metric, marked }) => (marked ? [metric] : [])),
        },
      ];
    }),
  );
  if (rows.length === 0) {
    const reported = new Set(paper.tables.flatMap(({ columns }) => columns.map((column) => column.dataset)));
    const has = [...reported].sort().join(", ");
    throw new UsageError(`--against ${name}: it reports none of ${labels.join(", ")} on the dataset "${dataset}"; it reports on ${has}`);
  }
  const absent = absentAmong(rows.flatMap(({ scores }) => Object.keys(scores)));
  const split = splitLabel(paper, { dataset, split: prepared.split, turns: prepared.turns.length, partial });
  return {
    name,
    source: paper.source,
    digits: digitsOf(paper),
    rows,
    ...(absent.length === 0 ? {} : { absent }),
    ...(split === undefined ? {} : { split }),
    contradictions: contradictions(name, { datasets: [dataset], tables: rows.map(({ table }) => table) }),
  };
}

/** The metrics of a paper that we do not have at all: its figures stand beside a dash. */
export function absentAmong(metrics: readonly string[]): { metric: string; reason: string }[] {
  return [...new Set(metrics)].flatMap((metric) => {
    const absent = absentMetric(metric);
    return absent === undefined ? [] : [{ metric, reason: absent.reason }];
  });
}

/** Decimals of the longest number: JSON keeps no trailing zeros. */
export function digitsOf({ tables }: Reference): number {
  const values = tables.flatMap(({ rows }) => rows.flatMap((row) => row.values));
  return Math.max(...values.map((value) => /\.(\d+)$/.exec(String(value))?.[1]!.length ?? 0));
}

/** Another split's figures never stand in a paper's column unlabelled: why ours are not comparable, or may not be. */
export function splitLabel(
  { splits, splits_unstated }: Reference,
  { dataset, split, turns, partial }: { dataset: string; split: string; turns: number; partial: boolean },
): string | undefined {
  const limited = partial ? " (made under --limit)" : "";
  const ours = `ours: ${turns} turns of ${split}${limited}`;
  const theirs = splits[dataset];
  if (theirs === undefined) return `${ours}; theirs: ${splits_unstated ?? "not stated"}`;
  if (theirs.split === split && theirs.turns === turns && !partial) return undefined;
  return `${ours}; theirs: ${theirs.turns} turns of ${theirs.split}. The figures are not comparable`;
}

/** What is known to be wrong in the tables shown, of the datasets shown. */
export function contradictions(name: string, shown: { datasets: readonly string[]; tables: readonly string[] }): string[] {
  return readContradictions()
    .filter(({ paper, datasets, tables }) => {
      return paper === name && datasets.some((one) => shown.datasets.includes(one)) && tables.some((one) => shown.tables.includes(one));
    })
    .map(({ says }) => says);
}

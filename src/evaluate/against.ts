/** @file `evaluate --against PAPER`: published numbers beside ours, for the dataset at hand. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { z } from "zod";
import type { Against } from "../schema/evaluation.ts";
import { Contradictions, Reference } from "../schema/reference.ts";
import { closest } from "../util/closest.ts";
import { UsageError } from "../util/errors.ts";
import { packageRoot } from "../util/package-root.ts";
import type { Prepared } from "./prepared.ts";

const folder = (): string => join(packageRoot(), "eval", "reference");
const CONTRADICTIONS = "contradictions.json";

export function referenceNames(): string[] {
  const files = readdirSync(folder()).filter((file) => file.endsWith(".json") && file !== CONTRADICTIONS);
  return files.map((file) => file.slice(0, -".json".length)).sort();
}

/** Throws `UsageError` for a paper we do not have, and for a dataset the paper does not report. */
export function against(name: string, prepared: Prepared, { labels, partial }: { labels: readonly string[]; partial: boolean }): Against {
  const paper = readReference(name);
  const recorded = prepared.artifact.manifest.options["dataset"];
  const dataset = typeof recorded === "string" ? recorded : "";
  const rows = paper.tables.flatMap(({ id, columns, rows: published }) =>
    published.flatMap(({ group, system, values, change = false, significant = [] }) => {
      const shown = columns.flatMap(({ dataset: of, metric }, at) => {
        const value = values[at];
        return of === dataset && labels.includes(metric) && value != null ? [{ metric, value, marked: significant[at] === true }] : [];
      });
      if (shown.length === 0) return [];
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
  const split = splitLabel(paper, { dataset, split: prepared.split, turns: prepared.turns.length, partial });
  return {
    name,
    source: paper.source,
    rows,
    ...(split === undefined ? {} : { split }),
    contradictions: contradictions(name, { datasets: [dataset], tables: rows.map(({ table }) => table) }),
  };
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
  return read(join(folder(), CONTRADICTIONS), Contradictions)
    .filter(({ paper, datasets, tables }) => {
      return paper === name && datasets.some((one) => shown.datasets.includes(one)) && tables.some((one) => shown.tables.includes(one));
    })
    .map(({ says }) => says);
}

export function readReference(name: string): Reference {
  const names = referenceNames();
  if (names.includes(name)) return read(join(folder(), `${name}.json`), Reference);
  const near = closest(name, names);
  throw new UsageError(`--against ${name}: no such paper${near ? `; did you mean ${near}?` : ""}; there are ${names.join(", ")}`);
}

/** These files are ours: one that does not parse is a bug. */
const read = <T>(file: string, schema: z.ZodType<T>): T => schema.parse(JSON.parse(existsSync(file) ? readFileSync(file, "utf8") : "null"));

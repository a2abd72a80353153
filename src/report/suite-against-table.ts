/** @file A paper's table as the paper lays it out, with our systems above and how far the first of them is from the paper's own. */
import type { PaperTable, SuiteAgainst, SuiteEvaluation } from "../schema/suite-evaluation.ts";
import { percent, signed } from "./scores.ts";
import type { Cell, Table } from "./table.ts";

/** What a cell of ours carries that was not measured on the paper's turns. */
const OTHER = "≠";

export function paperTable({ columns, rows }: PaperTable, { suite, against }: { suite: SuiteEvaluation; against: SuiteAgainst }): Table {
  const scores = suite.systems.map((system) => columns.map(({ dataset, metric }) => scoreOf(suite, { dataset, system, metric })));
  const ours = (values: readonly (number | null)[]): Cell[] =>
    values.map((value, at) => {
      if (value === null) return "–";
      return { text: percent(value), ...(columns[at]!.dataset in against.labels && { marks: OTHER }) };
    });
  const gap = (values: readonly (number | null)[]): Cell[] =>
    values.map((value, at) => {
      const own = scores[0]![at]!;
      if (value === null || own === null) return value === null ? "–" : percent(value);
      return { text: percent(value), delta: signed(own - value) };
    });
  const different = [...new Set(columns.map(({ dataset }) => dataset))].filter((dataset) => dataset in against.labels);
  return {
    columns: [
      { title: "", align: "left" },
      { title: "from", align: "left" },
      ...columns.map(({ dataset, metric }) => ({ title: metric, group: dataset, align: "right" as const })),
    ],
    rows: [
      ...suite.systems.map((system, at) => [system, "ours", ...ours(scores[at]!)]),
      ...rows.map(({ group, system, own, values }) => [
        system,
        group,
        ...(own ? gap(values) : values.map((value) => (value === null ? "–" : percent(value)))),
      ]),
    ],
    notes: [
      `${against.name}: ${against.source}; in brackets: ${suite.systems[0]} minus the paper's own`,
      ...different.map((dataset) => `${OTHER} not the paper's turns: ${dataset}: ${against.labels[dataset]}`),
    ],
  };
}

function scoreOf(
  { datasets }: SuiteEvaluation,
  { dataset, system, metric }: { dataset: string; system: string; metric: string },
): number | null {
  const systems = datasets.find(({ name }) => name === dataset)?.evaluation?.systems;
  const cells = systems?.find(({ name, role }) => name === system && role === "system")?.cells;
  return cells?.find((cell) => cell.metric === metric)?.value ?? null;
}

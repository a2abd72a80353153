/** @file A paper's table as the paper lays it out, with our systems above and how far the first of them is from the paper's own. */
import type { PaperTable, SuiteAgainst, SuiteEvaluation } from "../schema/suite-evaluation.ts";
import { absentNotes, MARKED, MARKED_NOTE, NOT_THEIRS, OTHER_TURNS } from "./against-table.ts";
import { decimals, signedDecimals } from "./scores.ts";
import type { Cell, Table } from "./table.ts";

export function paperTable(
  { columns, rows, absent, contradictions }: PaperTable,
  { suite, against }: { suite: SuiteEvaluation; against: SuiteAgainst },
): Table {
  const { digits } = against;
  const ours = suite.systems.map((system) => columns.map(({ dataset, metric }) => scoreOf(suite, { dataset, system, metric })));
  const other = columns.map(({ dataset }) => dataset in against.labels);
  const mine = (value: number | null, at: number): Cell =>
    value === null ? "–" : { text: decimals(value, digits), ...(other[at]! && { marks: OTHER_TURNS }) };
  const theirs = ({ values, own, change, significant }: PaperTable["rows"][number]): Cell[] =>
    values.map((value, at) => {
      if (value === null) return "–";
      if (change) return signedDecimals(value, digits);
      const score = ours[0]![at]!;
      return {
        text: decimals(value, digits),
        ...(significant[at]! && { marks: MARKED }),
        ...(own && score !== null && { delta: signedDecimals(score - value, digits) }),
      };
    });
  const different = [...new Set(columns.map(({ dataset }) => dataset))].filter((dataset) => dataset in against.labels);
  const marked = rows.some(({ significant }) => significant.includes(true));
  return {
    columns: [
      { title: "", align: "left" },
      { title: "from", align: "left" },
      ...columns.map(({ dataset, metric }) => ({ title: metric, group: dataset, align: "right" as const })),
    ],
    rows: [
      ...suite.systems.map((system, at) => [system, "ours", ...ours[at]!.map(mine)]),
      ...rows.map((row) => [row.system, row.group, ...theirs(row)]),
    ],
    notes: [
      `${against.name}: ${against.source}; in brackets: ${suite.systems[0]} minus the paper's own`,
      ...(marked ? [MARKED_NOTE] : []),
      ...different.map((dataset) => `${OTHER_TURNS} ${NOT_THEIRS}: ${dataset}: ${against.labels[dataset]}`),
      ...absentNotes(absent),
      ...contradictions.map((text) => `the paper contradicts itself: ${text}`),
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

/** @file A suite as one table: systems down; datasets across, their metrics under each; scores × 100. */
import type { SuiteDataset, SuiteEvaluation } from "../schema/suite-evaluation.ts";
import { evaluationTable } from "./evaluation-table.ts";
import { emphasised, percent } from "./scores.ts";
import type { Cell, Column, Table } from "./table.ts";

export function suiteTable(suite: SuiteEvaluation): Table {
  const footnotes = suite.datasets.flatMap(({ label }) => label ?? []);
  const title = ({ name, label }: SuiteDataset): string => (label === undefined ? name : `${name} [${footnotes.indexOf(label) + 1}]`);
  const parts = suite.datasets.map((dataset) => ({ dataset, group: title(dataset), table: tableOf(dataset) }));
  const baselines = [
    ...new Set(
      suite.datasets.flatMap(({ evaluation }) => evaluation?.systems ?? []).flatMap(({ name, role }) => (role === "baseline" ? name : [])),
    ),
  ];
  const names = [...suite.systems, ...baselines];
  // Beside the name stands a letter where every pair of systems is tested.
  const letters = suite.datasets.flatMap(({ evaluation }) => evaluation?.systems ?? []);
  const letterOf = (name: string): string[] => {
    if (letters.every(({ letter }) => letter === undefined)) return [];
    return [letters.find((system) => system.name === name && system.letter !== undefined)?.letter ?? ""];
  };
  const macro = macroColumns(suite);
  // An average holds what its datasets hold.
  const within = suite.datasets.filter(({ name }) => macro.some(({ datasets }) => datasets.includes(name)));
  const marks = footnotes.flatMap((text, at) => (within.some(({ label }) => label === text) ? [`[${at + 1}]`] : []));
  const averaged = [MACRO, ...marks].join(" ");
  return {
    columns: [
      ...[...letterOf(""), ""].map(() => ({ title: "", align: "left" as const })),
      ...parts.flatMap(({ group, table }) =>
        table === undefined ? [right("", group)] : table.columns.slice(scoresFrom(table)).map((column) => ({ ...column, group })),
      ),
      ...macro.map(({ metric }) => right(metric, averaged)),
    ],
    rows: names.map((name, at) => [
      ...letterOf(name),
      name,
      ...parts.flatMap(({ dataset, table }) => {
        if (table === undefined) return ["n/a"];
        const first = scoresFrom(table);
        return table.rows[rowOf(dataset, name)]?.slice(first) ?? table.columns.slice(first).map(() => "–");
      }),
      ...macro.map(({ cells }) => cells[at] ?? "–"),
    ]),
    notes: notesOf(suite, { parts, macro, footnotes }),
  };
}

const MACRO = "macro average";
const right = (title: string, group: string): Column => ({ title, group, align: "right" });

const tableOf = ({ evaluation }: SuiteDataset): Table | undefined =>
  evaluation === undefined ? undefined : evaluationTable(evaluation, { intervals: false });

/** The columns before it name the system. */
const scoresFrom = ({ columns }: Table): number => columns.findIndex(({ align }) => align === "right");

const rowOf = ({ evaluation }: SuiteDataset, name: string): number => evaluation?.systems.findIndex((system) => system.name === name) ?? -1;

interface Macro {
  metric: string;
  datasets: readonly string[];
  cells: Cell[];
}

function macroColumns({ averages, systems, datasets }: SuiteEvaluation): Macro[] {
  return [...new Set(averages.map(({ metric }) => metric))].map((metric) => {
    const found = systems.map((system) => averages.find((one) => one.system === system && one.metric === metric));
    const scores = found.map((one) => one?.value ?? null);
    const higherIsBetter = datasets
      .flatMap(({ evaluation }) => evaluation?.metrics ?? [])
      .every(({ label, higher_is_better }) => label !== metric || higher_is_better);
    const cells = scores.map((value) => ({ text: value === null ? "–" : percent(value) }));
    return { metric, datasets: found[0]?.datasets ?? [], cells: emphasised(cells, { scores, higherIsBetter }) };
  });
}

function notesOf(
  { suite, source, datasets }: SuiteEvaluation,
  {
    parts,
    macro,
    footnotes,
  }: { parts: readonly { dataset: SuiteDataset; table: Table | undefined }[]; macro: readonly Macro[]; footnotes: readonly string[] },
): string[] {
  const said = parts.flatMap(({ dataset, table }) => (table?.notes ?? []).map((note) => ({ name: dataset.name, note })));
  const notes = [...new Set(said.map(({ note }) => note))].map((note) => {
    const names = said.filter((one) => one.note === note).map(({ name }) => name);
    return `${names.length === parts.length && parts.length > 1 ? "all" : names.join(", ")}: ${note}`;
  });
  const spans = [...new Set(macro.map((one) => one.datasets.join(", ")))].map((list) => {
    const metrics = macro.filter((one) => one.datasets.join(", ") === list).map(({ metric }) => metric);
    return `${metrics.join(", ")} over ${list}`;
  });
  return [
    source === "" ? `suite ${suite}` : `suite ${suite}: ${source}`,
    ...footnotes.map((text, at) => `[${at + 1}] not the suite's turns: ${datasets.find(({ label }) => label === text)!.name}: ${text}`),
    ...datasets.flatMap(({ name, missing }) => (missing === undefined ? [] : [`n/a: ${name}: ${missing}`])),
    ...notes,
    ...(spans.length > 0 ? [`${MACRO}: the unweighted mean of datasets (${spans.join("; ")})`] : []),
  ];
}

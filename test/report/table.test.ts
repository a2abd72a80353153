/** @file Tables: aligned for eyes, valid as Markdown, safe on a terminal. */
import { describe, expect, it } from "vitest";
import { evaluationReport } from "../../src/report/evaluation-report.ts";
import { evaluationTable } from "../../src/report/evaluation-table.ts";
import { htmlTable } from "../../src/report/html-table.ts";
import { markdownTable } from "../../src/report/markdown-table.ts";
import { printed } from "../../src/report/printed.ts";
import { emphasised, signed } from "../../src/report/scores.ts";
import { sectionsOf } from "../../src/report/sections.ts";
import type { Table } from "../../src/report/table.ts";
import { terminalTable } from "../../src/report/terminal-table.ts";
import type { Evaluation } from "../../src/schema/evaluation.ts";

const columns = [
  { title: "", align: "left" },
  { title: "RR", align: "right" },
] as const;

describe("terminalTable", () => {
  it("aligns names left and numbers right, with the notes below", () => {
    expect(
      terminalTable({
        columns,
        rows: [
          ["bm25", "9.1"],
          ["a longer name", "10.0"],
        ],
        notes: ["a note"],
      }),
    ).toBe(["                 RR", "───────────────────", "bm25            9.1", "a longer name  10.0", "a note"].join("\n"));
  });
  it("counts the cells of wide letters", () => {
    const [, , ...rows] = terminalTable({
      columns,
      rows: [
        ["東京", "1"],
        ["cafe\u0301", "2"],
      ],
    }).split("\n");
    expect(rows).toEqual(["東京   1", "cafe\u0301   2"]);
  });
  it("shows control and direction characters as their code", () => {
    const text = terminalTable({ columns, rows: [["\u001b[2J\u202egnp.exe\n", "1"]] });
    expect(text).toContain("\\u{1b}[2J\\u{202e}gnp.exe\\u{a}");
    expect(text).not.toMatch(/\u001b|\u202e/);
  });
  it("shows missing cells as blanks", () => {
    expect(
      terminalTable({ columns, rows: [["x"]] })
        .split("\n")
        .at(-1),
    ).toBe("x");
  });
});

describe("markdownTable", () => {
  it("is a GitHub table whose cells cannot break out of it", () => {
    expect(markdownTable({ columns, rows: [["a|b <script>", "1"]], notes: ["*note*"] })).toBe(
      ["|  | RR |", "| --- | ---: |", "| a\\|b \\<script\\> | 1 |", "", "- \\*note\\*"].join("\n"),
    );
  });
});

const rich: Table = {
  columns: [
    { title: "", align: "left" },
    { title: "RR", align: "right", group: "CAsT & co" },
    { title: "AP", align: "right", group: "CAsT & co" },
    { title: "F1", align: "right" },
  ],
  rows: [
    ["a", { text: "9.1", interval: "8.0, 10.2" }, { text: "1.0", delta: "-0.1", emphasis: "second" }, "–"],
    ["b", { text: "10.0", marks: "a", interval: "9.0, 11.0", emphasis: "best" }, { text: "11.0", marks: "*", delta: "+1.0" }, "–"],
  ],
};

describe("a cell of a score with marks, change and interval", () => {
  it("stands decimal under decimal on a terminal, under the heading of its columns", () => {
    expect(terminalTable(rich).split("\n")).toEqual([
      "                          CAsT & co",
      "                   RR            AP  F1",
      "───────────────────────────────────────",
      "a   9.1   [8.0, 10.2]   1.0  (-0.1)   –",
      "b  10.0^a [9.0, 11.0]  11.0* (+1.0)   –",
    ]);
  });
  it("is painted without the space around it", () => {
    const text = terminalTable(rich, { paint: (inner, emphasis) => `<${emphasis}:${inner}>` });
    expect(text).toContain("<best:10.0^a [9.0, 11.0]>  11.0* (+1.0)");
    expect(text).toContain("  <second:1.0  (-0.1)>   –");
  });
  it("continues below where the terminal is too narrow, with its name again and its notes broken", () => {
    expect(terminalTable({ ...rich, notes: ["three words here"] }, { width: 24 }).split("\n")).toEqual([
      "            CAsT & co",
      "                   RR",
      "─────────────────────",
      "a   9.1   [8.0, 10.2]",
      "b  10.0^a [9.0, 11.0]",
      "",
      "      CAsT & co",
      "             AP  F1",
      "───────────────────",
      "a   1.0  (-0.1)   –",
      "b  11.0* (+1.0)   –",
      "three words here",
    ]);
    expect(terminalTable({ ...rich, notes: ["three words here"] }, { width: 10 })).toMatch(/three\n {2}words\n {2}here$/);
  });
  it("is bold and raised in Markdown and HTML", () => {
    const markdown = markdownTable(rich).split("\n");
    expect(markdown[0]).toBe("|  | CAsT & co RR | CAsT & co AP | F1 |");
    expect(markdown[2]).toBe("| a | 9.1 \\[8.0, 10.2\\] | <ins>1.0</ins> (-0.1) | – |");
    expect(markdown[3]).toBe("| b | **10.0**<sup>a</sup> \\[9.0, 11.0\\] | 11.0<sup>\\*</sup> (+1.0) | – |");
    const html = htmlTable(rich);
    expect(html).toContain('<td></td><th colspan="2" class="group">CAsT &amp; co</th><td></td></tr><tr>');
    expect(html).toContain('<td class="right"><b>10.0</b><sup>a</sup> [9.0, 11.0]</td><td class="right">11.0<sup>*</sup> (+1.0)</td>');
    expect(html).toContain("<u>1.0</u> (-0.1)");
  });
});

describe("emphasised", () => {
  const marked = (scores: (number | null)[], higherIsBetter = true) =>
    emphasised(
      scores.map(() => ({ text: "" })),
      { scores, higherIsBetter },
    ).map(({ emphasis }) => emphasis ?? "-");

  it("marks the best, and the second best of three; what prints alike is alike", () => {
    expect(marked([0.1, null, 0.3, 0.2])).toEqual(["-", "-", "best", "second"]);
    expect(marked([0.1, 0.2, 0.3], false)).toEqual(["best", "second", "-"]);
    expect(marked([0.30001, 0.3, 0.2])).toEqual(["best", "best", "-"]);
  });
  it("marks nothing where there is nothing to choose", () => {
    expect(marked([0.3])).toEqual(["-"]);
    expect(marked([0.3, 0.3])).toEqual(["-", "-"]);
    expect(marked([null, null])).toEqual(["-", "-"]);
  });
});

it("a change has its sign, and none where it prints as 0", () => {
  expect([0.013, -0.013, 0.0001, -0.0001, 0].map(signed)).toEqual(["+1.3", "-1.3", "0.0", "0.0", "0.0"]);
});

const evaluation: Evaluation = {
  metrics: [
    { label: "nDCG@3", count: false, higher_is_better: true },
    { label: "num_ret", count: true, higher_is_better: true },
    { label: "F1", count: false, higher_is_better: true },
  ],
  systems: [
    {
      name: "base",
      role: "system",
      cells: [
        { metric: "nDCG@3", value: 0.5, n: 9, interval: [0.41, 0.594] },
        { metric: "num_ret", value: 900, n: 9 },
      ],
    },
    {
      name: "new",
      role: "system",
      cells: [
        { metric: "nDCG@3", value: 0.61, n: 9 },
        { metric: "F1", value: null, reason: "no reference", n: 0 },
      ],
    },
  ],
  comparisons: [
    {
      metric: "nDCG@3",
      system: "new",
      baseline: "base",
      n: 9,
      difference: 0.11,
      effect_size: null,
      t: 2,
      t_p: 0.07,
      randomisation_p: 0.00001,
      holm_p: 0.03,
    },
  ],
  significance: { compare: "baseline", test: "randomisation", holm_over: "metric", level: 0.05, permutations: 10_000 },
  breakdowns: [],
  consistency: [],
  protocol: { split: "test", "judged turns": 9 },
  warnings: ["new lacks 1 turn"],
};

describe("an evaluation", () => {
  it("prints scores × 100, counts as they are, blanks where a system has none, n/a with its reason, and stars", () => {
    const { rows, notes } = evaluationTable(evaluation, { intervals: true });
    expect(rows).toEqual([
      ["base", { text: "50.0", interval: "41.0, 59.4" }, { text: "900" }, { text: "–" }],
      ["new", { text: "61.0", marks: "*", emphasis: "best" }, { text: "–" }, { text: "n/a" }],
    ]);
    expect(notes).toEqual([
      "scores × 100; split test, judged turns 9",
      "[low, high]: 95 % bootstrap interval over turns",
      "*: differs from base, two-sided paired randomisation test (10000 sign flips), p < 0.05 after Holm's correction over the 1 test under a metric",
      "n/a: F1: no reference",
    ]);
    expect(evaluationTable(evaluation, { intervals: false }).rows[0]![1]).toEqual({ text: "50.0" });
  });

  it("has letters and a table of all pairs under each metric where all were tested", () => {
    const all: Evaluation = {
      ...evaluation,
      systems: evaluation.systems.map((system, i) => ({ ...system, letter: "ab"[i]! })),
      significance: { ...evaluation.significance!, compare: "all" },
    };
    const { columns: titles, rows } = evaluationTable(all, { intervals: false });
    expect(titles.map(({ title, align }) => [title, align]).slice(0, 3)).toEqual([
      ["", "left"],
      ["", "left"],
      ["nDCG@3", "right"],
    ]);
    expect(rows.map((row) => row.slice(0, 3))).toEqual([
      ["a", "base", { text: "50.0" }],
      ["b", "new", { text: "61.0", marks: "a", emphasis: "best" }],
    ]);
    const [, pairs, ...rest] = sectionsOf(all);
    expect(rest).toEqual([]);
    expect(pairs).toMatchObject({ title: "Differences: nDCG@3", detail: true });
    expect(pairs!.table.rows).toEqual([
      ["a", "base", "", { text: "-11.0", marks: "*" }],
      ["b", "new", { text: "+11.0", marks: "*" }, ""],
    ]);
    expect(printed(sectionsOf(all), "table")).not.toContain("row minus column");
  });

  it("names each baseline where a column has another one", () => {
    const other = { ...evaluation.comparisons[0]!, metric: "F1", baseline: "third" };
    const { notes } = evaluationTable({ ...evaluation, comparisons: [...evaluation.comparisons, other] }, { intervals: false });
    expect(notes![1]).toMatch(/^\*: differs from base \(nDCG@3\), from third \(F1\), two-sided/);
  });

  it("becomes a report with its differences, warnings and inputs", () => {
    const report = evaluationReport(evaluation, [{ path: "run.trec", sha256: "0123456789abcdef".repeat(4) }]);
    expect(report).toContain("| nDCG@3 | new | base | 9 | +11.0 | – | \\< 0.0001 | 0.0300 | 0.0700 |");
    expect(report).toContain("- new lacks 1 turn");
    expect(report).toContain("- run.trec (sha256 0123456789abcdef…)");
    expect(report.endsWith("\n")).toBe(true);
  });
});

/** @file Tables: aligned for eyes, valid as Markdown, safe on a terminal. */
import { describe, expect, it } from "vitest";
import { evaluationReport } from "../../src/report/evaluation-report.ts";
import { evaluationTable } from "../../src/report/evaluation-table.ts";
import { markdownTable, terminalTable } from "../../src/report/table.ts";
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
  breakdowns: [],
  consistency: [],
  protocol: { split: "test", "judged turns": 9 },
  warnings: ["new lacks 1 turn"],
};

describe("an evaluation", () => {
  it("prints scores × 100, counts as they are, blanks where a system has none, n/a with its reason, and stars", () => {
    const { rows, notes } = evaluationTable(evaluation, { intervals: true });
    expect(rows).toEqual([
      ["base", "50.0 [41.0, 59.4]", "900", "–"],
      ["new", "61.0*", "–", "n/a"],
    ]);
    expect(notes).toEqual([
      "scores × 100; split test, judged turns 9",
      "[low, high]: 95 % bootstrap interval over turns",
      "*: differs from base, paired randomisation test with Holm's correction, p < 0.05",
      "n/a: F1: no reference",
    ]);
    expect(evaluationTable(evaluation, { intervals: false }).rows[0]![1]).toBe("50.0");
  });

  it("becomes a report with its differences, warnings and inputs", () => {
    const report = evaluationReport(evaluation, [{ path: "run.trec", sha256: "0123456789abcdef".repeat(4) }]);
    expect(report).toContain("| nDCG@3 | new | base | 9 | +11.0 | – | \\< 0.0001 | 0.0300 | 0.0700 |");
    expect(report).toContain("- new lacks 1 turn");
    expect(report).toContain("- run.trec (sha256 0123456789abcdef…)");
    expect(report.endsWith("\n")).toBe(true);
  });
});

/** @file Tables for papers and for other programs: what is read back is what was measured. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { text } from "../../src/cli/topics/tables.ts";
import { csv } from "../../src/report/csv.ts";
import { csvOf, csvRows } from "../../src/report/evaluation-csv.ts";
import { escapeLatex, latexTable } from "../../src/report/latex-table.ts";
import { printed } from "../../src/report/printed.ts";
import { sectionsOf } from "../../src/report/sections.ts";
import type { Evaluation, System } from "../../src/schema/evaluation.ts";
import { readLatexTables, typeset } from "./latex.ts";

const NAMES = ["\\_%&#{}~^$", '=HYPERLINK("x";A1), "b"', "[v2] a--b---c", "*東京 café ρ", "it''s ,, `x` <|> …"];
const system = (name: string, i: number): System => ({
  name,
  role: "system",
  letter: "abcde"[i]!,
  cells: [
    { metric: "nDCG@3", value: 0.1 + i / 7, n: 9, interval: [0.05, 0.2 + i / 7] },
    i === 4
      ? { metric: "F1", value: null, reason: "no turn has a reference, or none was asked for", n: 0 }
      : { metric: "F1", value: i / 100, n: 9 },
  ],
});
const test = { n: 9, effect_size: 1 / 3, t: 2, t_p: 0.001, randomisation_p: 1e-5 };
const evaluation: Evaluation = {
  metrics: [
    { label: "nDCG@3", count: false, higher_is_better: true },
    { label: "F1", count: false, higher_is_better: true },
  ],
  systems: NAMES.map(system),
  comparisons: NAMES.flatMap((name, i) =>
    NAMES.slice(0, i).map((baseline, b) => ({
      ...test,
      metric: "nDCG@3",
      system: name,
      baseline,
      difference: (i - b) / 7,
      holm_p: i - b > 1 ? 0.01 : 0.2,
    })),
  ),
  significance: { compare: "all", test: "randomisation", holm_over: "metric", level: 0.05, permutations: 10_000 },
  breakdowns: [{ by: "topic_shift", groups: [{ group: "-1", system: NAMES[0]!, cells: [{ metric: "F1", value: 0.25, n: 4 }] }] }],
  consistency: [],
  protocol: { split: "test", "judged turns": 9, averaging: "all" },
  warnings: [],
};

describe("a table in LaTeX", () => {
  const tables = () => readLatexTables(printed(sectionsOf(evaluation, { intervals: false }), "latex"));

  it("says what was measured: names, scores, marks, emphasis", () => {
    expect(tables().map(({ label, columns }) => [label, columns])).toEqual([
      ["tab:evaluation", "llrr"],
      ["tab:by-topic-shift", "llrr"],
    ]);
    expect(tables()[0]!.titles).toEqual(["", "", "nDCG@3", "F1"]);
    expect(tables()[0]!.rows).toEqual([
      ["a", NAMES[0], "10.0", "0.0"],
      ["b", NAMES[1], "24.3", "1.0"],
      ["c", NAMES[2], "38.6^(a)", "second(2.0)"],
      ["d", NAMES[3], "second(52.9)^(ab)", "best(3.0)"],
      ["e", NAMES[4], "best(67.1)^(abc)", "n/a"],
    ]);
  });

  it("holds its protocol, its tests and its emphasis in the caption", () => {
    expect(tables()[0]!.caption).toBe(
      "Evaluation. Scores × 100; split test, judged turns 9, averaging all. Letters: better than the systems that they name (a–d: a to d), " +
        "two-sided paired randomisation test (10000 sign flips), p < 0.05 after Holm's correction over the 10 tests under a metric. " +
        "n/a: F1: no turn has a reference, or none was asked for. Best of a column bold, second best underlined.",
    );
  });

  it("writes changes, intervals, ranges of letters and headings over columns", () => {
    const latex = latexTable("By [x] & y", {
      columns: [
        { title: "", align: "left" },
        { title: "RR", align: "right", group: "A_1" },
        { title: "AP", align: "right", group: "A_1" },
        { title: "F1", align: "right" },
      ],
      rows: [
        ["-x", { text: "1.0", marks: "a–dg", delta: "-1.3", interval: "-0.5, 2.0" }, { text: "2.0", marks: "*", delta: "+1.0" }, "–"],
        ["[x]"],
        [" *y", { text: "3.0", marks: "≠†" }],
      ],
    });
    expect(latex.split("\n").slice(4, 9)).toEqual([
      "\\begin{tabular}{lrrr}",
      "\\toprule",
      " & \\multicolumn{2}{c}{A\\_1} &  \\\\",
      "\\cmidrule(lr){2-3}",
      " & RR & AP & F1 \\\\",
    ]);
    expect(latex).toContain("-x & 1.0$^{a{-}dg}$ ($-$1.3) {\\scriptsize [$-$0.5, 2.0]} & 2.0$^{*}$ (+1.0) & -- \\\\");
    expect(readLatexTables(latex)[0]!.rows).toEqual([
      ["-x", "1.0^(a-dg) (-1.3) [-0.5, 2.0]", "2.0^(*) (+1.0)", "–"],
      ["[x]", "", "", ""],
      [" *y", "3.0^(≠†)", "", ""],
    ]);
    const caption = latexTable("x", { columns: [], rows: [], notes: ["topiocqa: scores", "suite two: made up"] });
    expect(caption).toContain("{x. topiocqa: scores. Suite two: made up.}");
    expect(latex).toContain("\\caption[{By [x] \\& y}]{By [x] \\& y.}\n\\label{tab:by-x-y}");
  });

  it("lets nobody's name act on the document", () => {
    const signs = fc.string({ unit: fc.constantFrom(..."\\{}$&%#_~^<>|\"`',-–—×…≤≥[]*!? aé東"), maxLength: 12 });
    fc.assert(
      fc.property(signs, (name) => {
        expect(typeset(escapeLatex(name))).toBe(name);
      }),
      { numRuns: 500 },
    );
    expect(escapeLatex("a\u001b\nb")).toBe("a\\textbackslash{}u\\{1b\\}\\textbackslash{}u\\{a\\}b");
  });
});

/** A reader of RFC 4180 that takes nothing else. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (let at = 0; at < text.length;) {
    const [field, quoted, plain, end] = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/.exec(text.slice(at)) ?? [];
    if (field === undefined) throw new Error(`no field of RFC 4180 at ${at}: ${text.slice(at, at + 40)}`);
    row.push(quoted === undefined ? plain! : quoted.replaceAll('""', '"'));
    at += field.length;
    if (end === "\r\n") rows.push(row);
    if (end === "\r\n") row = [];
  }
  expect(row).toEqual([]);
  return rows;
}

describe("CSV", () => {
  it("has a row per system and metric, and per group, with every figure in full", () => {
    const [titles, ...rows] = parseCsv(csvOf(csvRows(evaluation)));
    const records = rows.map((row) => Object.fromEntries(titles!.map((title, i) => [title, row[i]!])));
    expect(rows.every((row) => row.length === titles!.length)).toBe(true);
    expect(records).toHaveLength(11);
    const found = records.find(({ system: name, metric }) => name === NAMES[3] && metric === "nDCG@3")!;
    expect(found).toEqual({
      dataset: "",
      system: NAMES[3],
      letter: "d",
      role: "system",
      metric: "nDCG@3",
      higher_is_better: "true",
      by: "",
      group: "",
      value: String(0.1 + 3 / 7),
      ci_low: "0.05",
      ci_high: String(0.2 + 3 / 7),
      n: "9",
      reason: "",
      baseline: NAMES[0],
      difference: String(3 / 7),
      effect_size: String(1 / 3),
      t_p: "0.001",
      randomisation_p: "0.00001",
      holm_p: "0.01",
      marks: "ab",
      delta_from: "",
      base: "",
      delta: "",
      protocol: "split test, judged turns 9, averaging all",
    });
    expect(records.find(({ reason }) => reason !== "")).toMatchObject({
      system: NAMES[4],
      value: "",
      reason: "no turn has a reference, or none was asked for",
    });
    expect(records.at(-1)).toMatchObject({ by: "topic_shift", group: "'-1", value: "0.25", n: "4", marks: "", baseline: "" });
  });

  it("gives back any text that a spreadsheet would not compute, and an apostrophe before one that it would", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom(..."=+-@\"', \t;a東"), maxLength: 6 }), { minLength: 1, maxLength: 4 }),
        (texts) => {
          const read = parseCsv(csv(texts, [texts]));
          const safe = texts.map((text) => text.replaceAll("\t", "\\u{9}").replace(/^[=+\-@]/, "'$&"));
          expect(read).toEqual([safe, safe]);
        },
      ),
    );
  });

  it("has the columns that help names", async () => {
    const [, named] = /Columns of the CSV: ([^]*?)\. A text/.exec(await text())!;
    const columns = named!
      .replace(/\([^)]*\)/g, "")
      .split(/[\s,]+/)
      .filter(Boolean);
    expect(columns).toEqual(parseCsv(csvOf([]))[0]);
  });

  it("leaves numbers, truths and what is not there as they are", () => {
    expect(csv(["a"], [[-0.5], [1e-7], [true], [null], [undefined], [""]])).toBe("a\r\n-0.5\r\n1e-7\r\ntrue\r\n\r\n\r\n\r\n");
  });
});

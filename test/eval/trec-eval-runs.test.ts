/** @file Runs made to tell implementations apart, beside what trec_eval makes of them: every line --format trec_eval prints. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { evaluate } from "../../src/evaluate/evaluate.ts";
import { EvaluateOptions } from "../../src/schema/options/evaluate.ts";
import { silentReporter } from "../../src/util/reporter.ts";
import { Rng } from "../../src/util/rng.ts";

interface Case {
  run: Record<string, [id: string, score: string][]>;
  qrels: Record<string, Record<string, number>>;
  level: number;
  depth: number | null;
  complete: boolean;
  style: "tabs" | "spaces" | "crlf" | "wide" | "shuffled";
  seed: number;
  expected: { turns: string[]; values: Record<string, string[]>; all: Record<string, string> };
}

/** trec-eval-runs.py makes them; UNICONV_TREC_EVAL_RUNS names a longer list of its making. */
const file = process.env["UNICONV_TREC_EVAL_RUNS"] ?? join(import.meta.dirname, "golden/trec-eval-runs.json");
const cases = JSON.parse(readFileSync(file, "utf8")) as Case[];
const folder = mkdtempSync(join(tmpdir(), "uniconv-trec-eval-runs-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe(`${cases.length} random runs`, () => {
  it("score as trec_eval scores them, per turn and over all, to the last printed digit", async () => {
    for (const [i, one] of cases.entries()) {
      const ours = await printed(one);
      const theirs = lines(one);
      expect(sorted(ours), `case ${i}, ${one.style}`).toEqual(sorted(theirs));
      expect(theirs.length).toBeGreaterThan(40);
    }
  });

  it("hold what they are for: ties, scores equal as float32 only, grades below 0 and up to 4, turns missing or without a relevant passage", () => {
    const rankings = cases.flatMap(({ run }) => Object.values(run)).map((rows) => rows.map(([, score]) => Number(score)));
    const distinct = (scores: number[]): number => new Set(scores.map((x) => x + 0)).size;
    expect(rankings.filter((scores) => distinct(scores) < scores.length).length).toBeGreaterThan(20);
    expect(rankings.filter((scores) => distinct(scores.map(Math.fround)) < distinct(scores)).length).toBeGreaterThan(10);
    expect(rankings.filter((scores) => scores.length === 1).length).toBeGreaterThan(3);
    const judgments = cases.flatMap(({ qrels }) => Object.values(qrels)).map((grades) => Object.values(grades));
    expect(judgments.filter((grades) => grades.some((grade) => grade < 0)).length).toBeGreaterThan(5);
    expect(judgments.filter((grades) => grades.includes(4)).length).toBeGreaterThan(3);
    expect(judgments.filter((grades) => Math.max(...grades) <= 0).length).toBeGreaterThan(3);
    expect(
      cases.filter(({ complete, run, qrels }) => complete && Object.keys(qrels).some((turn) => !(turn in run))).length,
    ).toBeGreaterThan(3);
  });
});

async function printed(one: Case): Promise<string[]> {
  const [run, qrels] = [join(folder, "run"), join(folder, "qrels")];
  writeFileSync(run, runText(one));
  writeFileSync(qrels, qrelsText(one));
  const options = EvaluateOptions.parse({
    run: [run],
    qrels,
    metric: Object.keys(one.expected.all),
    format: "trec_eval",
    per_turn: true,
    relevance_level: one.level,
    averaging: one.complete ? "all" : "intersection",
    ...(one.depth === null ? {} : { depth: one.depth }),
  });
  const { trecEval } = await evaluate(options, { reporter: silentReporter, signal: new AbortController().signal });
  return trecEval!.filter((line) => !line.startsWith("runid"));
}

function lines({ expected: { turns, values, all } }: Case): string[] {
  const line = (name: string, turn: string, value: string): string => `${name.padEnd(22)}\t${turn}\t${value}`;
  return [
    ...Object.entries(values).flatMap(([name, column]) => column.map((value, i) => line(name, turns[i]!, value))),
    ...Object.entries(all).map(([name, value]) => line(name, "all", value)),
  ];
}

/** Turns keep their order, measures need not: that is shown on trec_eval's own outputs. */
function sorted(text: readonly string[]): string[] {
  const turns = [...new Set(text.map((line) => line.split("\t")[1]!))];
  const key = (line: string): string => `${String(turns.indexOf(line.split("\t")[1]!)).padStart(3, "0")} ${line}`;
  return [...text].map(key).sort();
}

/** The same rows in the forms that runs come in; the rank column says nothing true. */
function runText({ run, style, seed }: Case): string {
  const rng = Rng.of(seed, "lines");
  const rows = Object.entries(run).flatMap(([turn, passages]) =>
    passages.map(([id, score]) => [turn, "Q0", id, String(rng.int(9)), score, "tag"]),
  );
  const ordered = style === "shuffled" ? rng.shuffled(rows) : rows;
  if (style === "wide")
    return ordered.map((row, i) => `${i % 3 === 0 ? "# a comment\n\n" : ""}${row.join(" ".repeat(1 + (i % 4)))}\tmore words   `).join("\n");
  const separator = style === "tabs" ? "\t" : " ";
  return ordered.map((row) => `${row.join(separator)}${style === "crlf" ? "\r\n" : "\n"}`).join("");
}

function qrelsText({ qrels, style, seed }: Case): string {
  const rng = Rng.of(seed, "qrels");
  const rows = Object.entries(qrels).flatMap(([turn, grades]) => Object.entries(grades).map(([id, grade]) => `${turn} 0 ${id} ${grade}`));
  return (style === "shuffled" ? rng.shuffled(rows) : rows).join("\n");
}

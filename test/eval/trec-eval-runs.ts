/** @file Runs made to tell implementations apart, with what trec_eval makes of them (golden/trec-eval-runs.py). */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Rng } from "../../src/util/rng.ts";

export interface Case {
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
export const cases = JSON.parse(readFileSync(file, "utf8")) as Case[];

/** The files of a run and its judgements, and what `evaluate` is told to print every line of trec_eval for them. */
export function written(folder: string, one: Case): Record<string, unknown> {
  const [run, qrels] = [join(folder, "run"), join(folder, "qrels")];
  writeFileSync(run, runText(one));
  writeFileSync(qrels, qrelsText(one));
  return {
    run: [run],
    qrels,
    metric: Object.keys(one.expected.all),
    format: "trec_eval",
    per_turn: true,
    relevance_level: one.level,
    averaging: one.complete ? "all" : "intersection",
    ...(one.depth === null ? {} : { depth: one.depth }),
  };
}

export function expectedLines({ expected: { turns, values, all } }: Case): string[] {
  const line = (name: string, turn: string, value: string): string => `${name.padEnd(22)}\t${turn}\t${value}`;
  return [
    ...Object.entries(values).flatMap(([name, column]) => column.map((value, i) => line(name, turns[i]!, value))),
    ...Object.entries(all).map(([name, value]) => line(name, "all", value)),
  ];
}

/** Turns keep their order, measures need not: that is shown on trec_eval's own outputs. */
export function sorted(text: readonly string[]): string[] {
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

/** @file Runs made to tell implementations apart, beside what trec_eval makes of them: every line --format trec_eval prints. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { evaluate } from "../../src/evaluate/evaluate.ts";
import { EvaluateOptions } from "../../src/schema/options/evaluate.ts";
import { silentReporter } from "../../src/util/reporter.ts";
import { type Case, cases, expectedLines, sorted, written } from "./trec-eval-runs.ts";

const folder = mkdtempSync(join(tmpdir(), "uniconv-trec-eval-runs-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe(`${cases.length} random runs`, () => {
  it("score as trec_eval scores them, per turn and over all, to the last printed digit", async () => {
    for (const [i, one] of cases.entries()) {
      const ours = await printed(one);
      const theirs = expectedLines(one);
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
    const judgements = cases.flatMap(({ qrels }) => Object.values(qrels)).map((grades) => Object.values(grades));
    expect(judgements.filter((grades) => grades.some((grade) => grade < 0)).length).toBeGreaterThan(5);
    expect(judgements.filter((grades) => grades.includes(4)).length).toBeGreaterThan(3);
    expect(judgements.filter((grades) => Math.max(...grades) <= 0).length).toBeGreaterThan(3);
    expect(
      cases.filter(({ complete, run, qrels }) => complete && Object.keys(qrels).some((turn) => !(turn in run))).length,
    ).toBeGreaterThan(3);
  });
});

async function printed(one: Case): Promise<string[]> {
  const options = EvaluateOptions.parse(written(folder, one));
  const { trecEval } = await evaluate(options, { reporter: silentReporter, signal: new AbortController().signal });
  return trecEval!.filter((line) => !line.startsWith("runid"));
}

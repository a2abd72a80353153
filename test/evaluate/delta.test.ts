/** @file --delta-from: exact changes, and none between scores of different turns. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { unlikeSettings } from "../../src/evaluate/stored/settings.ts";
import { csvRows } from "../../src/report/evaluation-csv.ts";
import { evaluationTable } from "../../src/report/evaluation-table.ts";
import { htmlReport } from "../../src/report/html-report.ts";
import { printed } from "../../src/report/printed.ts";
import { sectionsOf } from "../../src/report/sections.ts";
import { suiteTable } from "../../src/report/suite-table.ts";
import type { Evaluation } from "../../src/schema/evaluation.ts";
import { MetricsFile } from "../../src/schema/metrics-file.ts";
import { check as checkSuite, folder, suiteFile, world } from "./suite-world.ts";
import { check, prepared, responses, root, run } from "./world.ts";

afterAll(() => rmSync(root, { recursive: true }));

const NDCG_SECOND = 1 / Math.log2(3);
const METRIC = ["nDCG@3", "num_rel_ret", "F1"];
const deltas = (evaluation: Evaluation) =>
  evaluationTable(evaluation, { intervals: false }).rows.map((row) =>
    row.map((cell) => (typeof cell === "string" ? cell : cell.delta === undefined ? cell.text : `${cell.text} (${cell.delta})`)),
  );

describe("--delta-from", () => {
  const systems = async () => ({
    run: [`good=${await run({ a: ["p1"], b: ["p2", "p3"] })}`, `poor=${await run({ a: ["x", "p1"], b: ["x"] })}`],
    responses: [`good=${await responses({ a: "a cat", b: "two birds" })}`],
  });

  it("a system of the table prints the change of every other one", async () => {
    const { evaluation } = await check({ input: await prepared(), ...(await systems()), metric: METRIC, delta_from: "poor" });
    expect(deltas(evaluation)).toEqual([
      ["good", "100.0 (+68.5)", "3 (+2)", "100.0"],
      ["poor", "31.5", "1", "–"],
      ["lead", "–", "–", "53.3"],
    ]);
    expect(evaluation.delta).toMatchObject({ from: "poor", unlike: [] });
    const row = csvRows(evaluation).find(({ system, metric }) => system === "good" && metric === "nDCG@3")!;
    expect(row).toMatchObject({ delta_from: "poor", base: NDCG_SECOND / 2, delta: 1 - NDCG_SECOND / 2 });
    const sections = sectionsOf(evaluation);
    expect(printed(sections, "markdown")).toContain("| good | **100.0** (+68.5) ");
    expect(printed(sections, "latex")).toContain("\\textbf{100.0} (+68.5)");
    expect(htmlReport({ evaluation, verdicts: [], inputs: [], figures: [] })).toContain("<b>100.0</b> (+68.5)");
    expect(evaluationTable(evaluation, { intervals: false }).notes).toContain("(+1.0): change from poor");
  });

  it("a stored evaluation prints each system's change since the one of its name, and is recorded as an input", async () => {
    const input = await prepared();
    const before = join(folder(), "before");
    await check({ input, ...(await systems()), metric: METRIC, output: before });
    const after = {
      input,
      run: [`good=${await run({ a: ["x", "p1"], b: ["p2", "p3"] })}`, `new=${await run({ a: ["p1"], b: ["x"] })}`],
      metric: METRIC.slice(0, 2),
    };
    const output = join(folder(), "after");
    const { evaluation, said } = await check({ ...after, delta_from: before, output });
    // The second rank of one of two turns is lost; `new` was not there.
    expect(deltas(evaluation)).toEqual([
      ["good", `${(50 + 50 * NDCG_SECOND).toFixed(1)} (-18.5)`, "3 (0)"],
      ["new", "50.0", "1"],
    ]);
    expect(said.filter((line) => line.startsWith("warn"))).toEqual([]);
    const metrics = MetricsFile.parse(JSON.parse(readFileSync(join(output, "metrics.json"), "utf8")));
    expect(metrics.delta).toEqual({ from: before, scores: { good: { "nDCG@3": 1, num_rel_ret: 3 } }, unlike: [] });
    expect(readFileSync(join(output, "manifest.json"), "utf8")).toContain(JSON.stringify(join(before, "metrics.json")));
    const file = await check({ ...after, delta_from: join(before, "metrics.json") });
    expect(deltas(file.evaluation)).toEqual(deltas(evaluation));
  });

  it("counts from the only system stored where none has its name", async () => {
    const input = await prepared();
    const [before, metric] = [join(folder(), "one"), ["nDCG@3"]];
    await check({ input, run: [`base=${await run({ a: ["x", "p1"], b: ["x"] })}`], metric, output: before });
    const { evaluation } = await check({ input, run: (await systems()).run, metric, delta_from: before });
    expect(deltas(evaluation)).toEqual([
      ["good", "100.0 (+68.5)"],
      ["poor", "31.5 (0.0)"],
    ]);
    const two = join(folder(), "two");
    await check({ input, run: (await systems()).run, metric, output: two });
    await expect(check({ input, run: [`other=${await run({ a: ["p1"] })}`], metric, delta_from: two })).rejects.toThrow(
      "has no score of these systems to count a change from; it has good (nDCG@3), poor (nDCG@3)",
    );
  });

  it("says what was measured otherwise, and refuses other turns", async () => {
    const input = await prepared();
    const { run: runs } = await systems();
    const before = join(folder(), "alike");
    const metric = ["nDCG@3"];
    await check({ input, run: runs, metric, output: before });
    const { evaluation, said } = await check({ input, run: runs, metric, depth: 1, averaging: "intersection", delta_from: before });
    const unlike = ["averaging: all against intersection", "depth: – against 1"];
    expect(evaluation.delta!.unlike).toEqual(unlike);
    expect(said).toContain(`warn: changes since ${before}: the two were not measured alike (${unlike.join("; ")})`);
    expect(evaluationTable(evaluation, { intervals: false }).notes!.at(-1)).toBe(
      `(+1.0): change from ${before}; not measured alike: ${unlike.join("; ")}`,
    );

    await expect(check({ input, split: "train", run: [`good=${await run({ d: ["p1"] })}`], metric, delta_from: before })).rejects.toThrow(
      "was measured on other turns (split: test against train)",
    );
    const fewer = await prepared({ qrels: "a\t0\tp1\t1\n" });
    await expect(check({ input: fewer, run: runs, metric, delta_from: before })).rejects.toThrow(
      "has nDCG@3 of good over other turns than good has now (2 against 1): there is no change to print",
    );
    const others = await prepared({ qrels: "a\t0\tp1\t1\nc\t0\tp3\t1\n" });
    await expect(check({ input: others, run: runs, metric, delta_from: before })).rejects.toThrow('(it lacks "c")');
  });

  it("refuses what is neither a system nor a file, what is no evaluation, and what --limit cut short", async () => {
    const input = await prepared();
    const { run: runs } = await systems();
    await expect(check({ input, run: runs, delta_from: "god" })).rejects.toThrow(
      "--delta-from god: no such file, and no system of that name; there are good, poor",
    );
    const other = join(root, "other.json");
    writeFileSync(other, "{}");
    await expect(check({ input, run: runs, delta_from: other })).rejects.toThrow("is no metrics.json of uniconv");
    const cut = join(folder(), "cut");
    const limited = [`good=${await run({ a: ["p1"], b: ["p2"] }, true)}`];
    await check({ input, run: limited, metric: ["nDCG@3"], output: cut });
    for (const from of [cut, join(cut, "metrics.json")])
      await expect(check({ input, run: runs, delta_from: from })).rejects.toThrow(
        `--delta-from does not judge what was made under --limit: ${from}; make it whole, or pass --allow-partial`,
      );
    expect((await check({ input, run: runs, delta_from: cut, allow_partial: true })).evaluation.delta).toBeDefined();
  });

  it("goes through a suite, from one of its systems or from an earlier one", async () => {
    const options = { suite: suiteFile(), root: await world() };
    const output = join(folder(), "suite");
    const marked = ({ suite }: Awaited<ReturnType<typeof checkSuite>>) =>
      suiteTable(suite).rows.map((row) => row.slice(1, 4).map((cell) => (typeof cell === "string" ? undefined : cell.delta)));
    expect(marked(await checkSuite({ ...options, delta_from: "poor", output })).slice(0, 2)).toEqual([
      ["+68.5", "+50.0", "+50.0"],
      [undefined, undefined, undefined],
    ]);
    expect(marked(await checkSuite({ ...options, delta_from: output })).slice(0, 2)).toEqual([
      ["0.0", "0.0", "0.0"],
      ["0.0", "0.0", "0.0"],
    ]);
    await expect(checkSuite({ ...options, delta_from: root })).rejects.toThrow(
      "expected a system (good, poor) or a folder of evaluate --suite",
    );
  });
});

it("settings differ where both evaluations have them, or one was cut; what is counted or where it was read is none", () => {
  const counted = { "judged turns": 9, "turn ids": "a.trec: {conversation}-{turn} (9 turns)", "answers that cite": "3 of 9" };
  const base = { split: "test", ...counted, averaging: "all", "relevance level": 1, lead: "x" };
  expect(
    unlikeSettings(base, {
      ...base,
      "judged turns": 8,
      "turn ids": "b.trec",
      "answers that cite": "9 of 9",
      lead: "y",
      "several references": "max",
    }),
  ).toEqual([]);
  expect(unlikeSettings(base, { split: "dev", averaging: "all", "relevance level": 2, depth: 5 })).toEqual([
    "split: test against dev",
    "relevance level: 1 against 2",
    "depth: – against 5",
  ]);
});

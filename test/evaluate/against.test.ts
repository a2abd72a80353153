/** @file Published numbers: the data, and what is said beside ours. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { datasetNames } from "../../datasets/registry.ts";
import { absentMetric } from "../../eval/absent.ts";
import { chooseMetrics } from "../../eval/registry.ts";
import { contradictions, splitLabel } from "../../src/evaluate/against.ts";
import { readReference, referenceNames } from "../../src/util/reference.ts";
import { againstTable } from "../../src/report/against-table.ts";
import { packageRoot } from "../../src/util/package-root.ts";
import { UsageError } from "../../src/util/errors.ts";
import { check, prepared, responses, root, run } from "./world.ts";

afterAll(() => rmSync(root, { recursive: true }));

describe.each(referenceNames())("eval/reference/%s.json", (name) => {
  const paper = readReference(name);

  it("has a value, or null, per column in every row, between -100 and 100", () => {
    for (const { id, columns, rows } of paper.tables) {
      for (const { system, values, significant } of rows) {
        expect([id, system, values.length]).toEqual([id, system, columns.length]);
        if (significant !== undefined) expect(significant).toHaveLength(columns.length);
        for (const value of values) if (value !== null) expect(Math.abs(value)).toBeLessThanOrEqual(100);
      }
    }
  });

  it("names our datasets, and our metrics where we have them", async () => {
    const columns = paper.tables.flatMap((table) => table.columns);
    expect(columns.map(({ dataset }) => dataset).filter((dataset) => !datasetNames().includes(dataset))).toEqual([]);
    for (const { metric } of columns) {
      if (absentMetric(metric)?.name === metric) continue;
      const [chosen] = await chooseMetrics([metric]);
      expect(chosen!.label).toBe(metric);
    }
  });
});

it.each(referenceNames())("eval/reference/%s.json has every number of the paper's text, and every dagger", (name) => {
  type Row = [values: (number | null)[], marked: boolean[]];
  const golden = JSON.parse(readFileSync(new URL("golden/papers.json", import.meta.url), "utf8")) as Record<string, Record<string, Row[]>>;
  const { tables, splits } = readReference(name);
  const { "Table 8": statistics, ...own } = golden[name]!;
  expect(tables.map(({ id }) => id)).toEqual(Object.keys(own));
  const sorted = (rows: Row[]) => rows.map((row) => JSON.stringify(row)).sort();
  for (const { id, rows } of tables) {
    const ours = rows.map(({ values, significant }): Row => [values, significant ?? values.map(() => false)]);
    expect([id, sorted(ours)]).toEqual([id, sorted(own[id]!)]);
  }
  if (statistics === undefined) return;
  const all = Object.values(splits);
  expect([all.map(({ conversations }) => conversations), all.map(({ turns }) => turns)]).toEqual([statistics[0]![0], statistics[1]![0]]);
});

it("has the figures that a reproduction of UniConv is compared with", () => {
  const { tables } = readReference("uniconv-2507.07030");
  const row = (id: string, group: string | null, system: string) =>
    tables.find((table) => table.id === id)!.rows.find((one) => one.system === system && (group === null || one.group === group))!.values;
  expect(row("Table 2", null, "UniConv")).toEqual([42.6, 67.4, 47.6, 68.9, 43.5, 63, 36.2, 54.2]);
  expect(row("Table 4", null, "w/o CII")).toEqual([45.5, 49.7, 47.6, 40]);
  expect(row("Table 5", "RAG", "UniConv")).toEqual([29.6, 26.2, 17.8, 33.2]);
  expect(row("Table 5", "gold passages", "UniConv")).toEqual([41.1, 26.9, 23.3, 34.6]);
  expect(row("Table 7", null, "Unified")).toEqual([31.1, 26.6, 18.3, 33.5]);
});

it("prints every contradiction beside a table it concerns, on a dataset the table has", () => {
  for (const name of referenceNames()) {
    const paper = readReference(name);
    const all = { datasets: Object.keys(paper.splits), tables: paper.tables.map(({ id }) => id) };
    const datasets = paper.tables.flatMap(({ columns }) => columns.map(({ dataset }) => dataset));
    const known = JSON.parse(readFileSync(join(packageRoot(), "eval/reference/contradictions.json"), "utf8")) as (typeof all & {
      paper: string;
    })[];
    const own = known.filter((one) => one.paper === name);
    expect(contradictions(name, { ...all, datasets })).toHaveLength(own.length);
    for (const one of own) {
      expect(all.tables).toEqual(expect.arrayContaining(one.tables));
      expect(datasets).toEqual(expect.arrayContaining(one.datasets));
    }
  }
  expect(contradictions("uniconv-2507.07030", { datasets: ["qrecc"], tables: ["Table 4"] })).not.toContainEqual(
    expect.stringContaining("RepLLaMA"),
  );
});

describe("--against", () => {
  const uniconv = "uniconv-2507.07030";

  it("sets the paper's rows under ours, with the difference, the split and the contradictions", async () => {
    const input = await prepared({ options: { dataset: "topiocqa" } });
    const options = {
      input,
      run: [`mine=${await run({ a: ["p1"], b: ["p9"] })}`],
      responses: [`mine=${await responses({ a: "a cat", b: "x" })}`],
    };
    const { evaluation } = await check({ ...options, against: uniconv, metric: ["nDCG@3", "F1"] });
    const table = againstTable(evaluation, evaluation.against!);
    expect(table.columns.map(({ title }) => title)).toEqual(["", "from", "nDCG@3", "F1", "BERTScore", "Evidence-BERTScore"]);
    const other = { text: "50.0", marks: "≠" };
    expect(table.rows[0]).toEqual(["mine", "ours", other, other, "–", "–"]);
    // What RAG changes is no score: ours minus that would say nothing.
    expect(table.rows).toContainEqual(["Unified", "Table 6, change by RAG", "–", "+2.9", "+0.5", "+0.7"]);
    expect(table.rows).toContainEqual(["UniConv", "Table 2, CDR, 7B", { text: "42.6", marks: "†", delta: "+7.4" }, "–", "–", "–"]);
    expect(table.rows).toContainEqual(["UniConv", "Table 5, gold passages", "–", { text: "41.1", delta: "+8.9" }, "–", "–"]);
    expect(table.notes).toContainEqual(expect.stringContaining("ours: 3 turns of test; theirs: 2514 turns of dev"));
    expect(table.notes).toContainEqual(expect.stringContaining("better without CII"));
    expect(table.notes!.join()).not.toContain("QReCC nDCG@3 of UniConv");
  });

  it("sets a dash, and why, beside what the paper measured with a metric that we do not have", async () => {
    const input = await prepared({ options: { dataset: "topiocqa" } });
    const options = { input, responses: [`mine=${await responses({ a: "a cat", b: "x" })}`], against: uniconv };
    const { evaluation } = await check({ ...options, metric: ["F1"] });
    const { rows, notes } = againstTable(evaluation, evaluation.against!);
    expect(rows[0]!.slice(2)).toEqual([{ text: "50.0", marks: "≠" }, "–", "–"]);
    expect(rows).toContainEqual(["Separated", "Table 6, zero-shot", { text: "23.8", delta: "+26.2" }, { text: "86.0" }, { text: "87.0" }]);
    expect(notes).toContainEqual(expect.stringMatching(/^–: BERTScore, Evidence-BERTScore: not there yet: it compares texts by/));
    // Tables without a metric that was asked for stay away, with their columns.
    const retrieval = await check({ input, run: [await run({ a: ["p1"] })], against: uniconv, metric: ["nDCG@3"] });
    expect(retrieval.evaluation.against!.absent).toBeUndefined();
  });

  it.each(["BERTScore", "bert_score", "BERTScore-F1", "Evidence-BERTScore", "kbertscore"])(
    "%s is said not to be there, and what to do",
    async (name) => {
      await expect(chooseMetrics([name])).rejects.toThrow(
        /^metric ".+": .*BERTScore is not there yet: .*; score answers with F1 or ROUGE-L/,
      );
      await expect(chooseMetrics([name])).rejects.toBeInstanceOf(UsageError);
    },
  );

  it("prints as many decimals as the paper does", async () => {
    const input = await prepared({ options: { dataset: "nq" } });
    const { evaluation } = await check({ input, run: [`mine=${await run({ a: ["p1"] })}`], metric: ["R@10"], against: "unigen-aaai2024" });
    const { rows } = againstTable(evaluation, evaluation.against!);
    expect(rows[0]).toEqual(["mine", "ours", { text: "50.00", marks: "≠" }]);
    expect(rows).toContainEqual(["DPR", "Table 1, dense", { text: "86.97", delta: "-36.97" }]);
    expect(rows).toContainEqual(["DocT5Query", "Table 1, sparse", { text: "84.10", delta: "-34.10" }]);
  });

  it("labels what was made under --limit, and what a paper leaves open", async () => {
    const note = async (dataset: string, paper: string, partial: boolean) => {
      const input = await prepared({ options: { dataset }, partial });
      const { evaluation } = await check({ input, run: [await run({ a: ["p1"] })], metric: ["nDCG@3", "R@10"], against: paper });
      return evaluation.against!.split;
    };
    expect(await note("qrecc", uniconv, true)).toContain("ours: 3 turns of test (made under --limit); theirs: 16451 turns of test");
    expect(await note("nq", "unigen-aaai2024", false)).toContain("theirs: the paper names neither the split nor the number of questions");
  });

  it("leaves the paper's own turns unlabelled, all of them", () => {
    const ours = { dataset: "qrecc", split: "test", turns: 16451, partial: false };
    const label = (change: Partial<typeof ours>) => splitLabel(readReference(uniconv), { ...ours, ...change });
    expect(label({})).toBeUndefined();
    expect(label({ partial: true })).toContain("ours: 16451 turns of test (made under --limit); theirs: 16451 turns of test");
    expect(label({ split: "dev" })).toContain("ours: 16451 turns of dev; theirs: 16451 turns of test");
    expect(label({ dataset: "inscit", split: "dev", turns: 502 })).toContain("ours: 502 turns of dev; theirs: 2767 turns of test");
  });

  it("refuses papers and datasets it does not have", async () => {
    const input = await prepared({ options: { dataset: "quickstart" } });
    const options = { input, run: [await run({ a: ["p1"] })], metric: ["nDCG@3"] };
    // Before anything is read, let alone scored.
    const absent = { ...options, run: ["absent"], against: "uniconv" };
    await expect(check(absent)).rejects.toThrow("there are uniconv-2507.07030, unigen-aaai2024");
    await expect(check({ ...options, against: uniconv })).rejects.toThrow('on the dataset "quickstart"; it reports on faithdial, inscit');
  });
});

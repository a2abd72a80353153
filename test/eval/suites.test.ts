/** @file The contract of every file in eval/suites/: it is valid, and what it names is there. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { datasetNames } from "../../datasets/registry.ts";
import { chooseMetrics } from "../../eval/registry.ts";
import { text } from "../../src/cli/topics/suites.ts";
import { readReference, referenceNames } from "../../src/util/reference.ts";
import { readSuite, suiteNames } from "../../src/evaluate/suite/read-suite.ts";

describe.each(suiteNames())("eval/suites/%s.json", (name) => {
  it("is called as its file, and names datasets that we read and metrics as we print them", async () => {
    const { suite, entries } = await readSuite(name);
    expect(suite.name).toBe(name);
    for (const { dataset, metric, fail_under } of entries) {
      expect(datasetNames()).toContain(dataset);
      const asked = [...metric, ...Object.keys(fail_under)];
      expect((await chooseMetrics(asked)).map(({ label }) => label)).toEqual([...new Set(asked)]);
      for (const least of Object.values(fail_under)) {
        expect(least).toBeGreaterThanOrEqual(0);
        expect(least).toBeLessThanOrEqual(1);
      }
    }
  });

  it("says what it is for, where its numbers come from, and what the data may be used for", async () => {
    const { description, source, licence } = (await readSuite(name)).suite;
    for (const said of [description, source, licence]) expect(said).not.toBe("");
  });

  it("stays below --root, with a place for each dataset where it has several", async () => {
    const { entries } = await readSuite(name);
    for (const { input, run, responses } of entries)
      for (const path of [input, run, responses]) {
        if (path === undefined) continue;
        expect(path).not.toMatch(/^\/|\.\./);
        if (entries.length > 1) expect(path).toContain("{dataset}");
      }
  });

  it("is shown by `uniconv help suites`", async () => {
    const help = await text();
    expect(help).toContain(`\n  ${name}  `);
    for (const entry of (await readSuite(name)).entries) expect(help).toContain(`\n    ${entry.name} `);
  });
});

it("the example of `uniconv help suites` is a suite", async () => {
  const [example] = /^ {2}\{\n.*^ {2}\}$/ms.exec(await text())!;
  const file = join(mkdtempSync(join(tmpdir(), "uniconv-suites-")), "mine.json");
  writeFileSync(file, example);
  const { suite, entries } = await readSuite(file);
  rmSync(dirname(file), { recursive: true });
  expect(suite).toMatchObject({ name: "mine", systems: ["bm25"], source: "" });
  expect(entries.map(({ name, metric }) => [name, metric])).toEqual([
    ["inscit", ["nDCG@3", "R@10"]],
    ["topiocqa", ["nDCG@3", "F1"]],
  ]);
});

describe.each(referenceNames())("the suite of the paper %s", (name) => {
  it("has the paper's datasets, on the paper's splits and turns", async () => {
    const { splits, tables } = readReference(name);
    const { entries } = await readSuite(name);
    const reported = new Set(tables.flatMap(({ columns }) => columns.map(({ dataset }) => dataset)));
    expect(entries.map(({ dataset }) => dataset).sort()).toEqual([...reported].sort());
    for (const { dataset, split, turns } of entries)
      if (splits[dataset] !== undefined) expect({ split, turns }).toEqual({ split: splits[dataset].split, turns: splits[dataset].turns });
  });

  it("measures what the paper reports, as far as we can", async () => {
    const { tables } = readReference(name);
    const { entries } = await readSuite(name);
    const reported = new Set(tables.flatMap(({ columns }) => columns.map(({ dataset, metric }) => `${dataset} ${metric}`)));
    const measured = new Set(entries.flatMap(({ dataset, metric }) => metric.map((one) => `${dataset} ${one}`)));
    // BERTScore needs a model of its own.
    expect([...reported].filter((one) => !measured.has(one) && !one.includes("BERTScore"))).toEqual([]);
  });
});

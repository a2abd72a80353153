/** @file Suites: several datasets in one evaluation, what is missing from it, and what it must not hide. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { compare } from "../../src/evaluate/compare.ts";
import { evaluateSuite } from "../../src/evaluate/suite/evaluate-suite.ts";
import { PLACES } from "../../src/evaluate/suite/options.ts";
import { CompareOptions } from "../../src/schema/options/compare.ts";
import { EvaluateOptions } from "../../src/schema/options/evaluate.ts";
import { Suite, SuiteSummary } from "../../src/schema/suite.ts";
import { csvOf } from "../../src/report/evaluation-csv.ts";
import { suiteCsvRows } from "../../src/report/suite-csv.ts";
import { suiteSections } from "../../src/report/suite-sections.ts";
import { suiteTable } from "../../src/report/suite-table.ts";
import { scoreCell } from "../../src/report/table.ts";
import { silentReporter } from "../../src/util/reporter.ts";
import { cell, check, folder, put, suiteFile, world } from "./suite-world.ts";
import { prepared, responses, root, run, turn } from "./world.ts";

afterAll(() => rmSync(root, { recursive: true }));

const texts = (rows: readonly (readonly Parameters<typeof scoreCell>[0][])[]) => rows.map((row) => row.map((one) => scoreCell(one).text));

describe("a suite", () => {
  it("scores every system on every dataset with the dataset's own metrics, in one table with macro averages", async () => {
    const result = await check({ suite: suiteFile(), root: await world() });
    expect(result.failures).toEqual([]);
    const { columns, rows, notes } = suiteTable(result.suite);
    expect(columns.map(({ group, title }) => [group, title])).toEqual([
      [undefined, ""],
      ["topiocqa", "nDCG@3"],
      ["topiocqa", "F1"],
      ["qrecc", "nDCG@3"],
      ["macro average", "nDCG@3"],
    ]);
    // poor: .6309 and 0 on topiocqa, 1 and 0 on qrecc.
    expect(texts(rows).slice(0, 2)).toEqual([
      ["good", "100.0", "100.0", "100.0", "100.0"],
      ["poor", "31.5", "50.0", "50.0", "40.8"],
    ]);
    expect(notes).toContain("macro average: the unweighted mean of datasets (nDCG@3 over topiocqa, qrecc)");
    expect(notes).toContain("suite two: made up");
  });

  it("takes the systems named on the command line, and refuses them where no path has a place for one", async () => {
    const dir = await world();
    expect((await check({ suite: suiteFile(), root: dir, system: ["poor"] })).suite.systems).toEqual(["poor"]);
    const paths = { input: "{dataset}/prepared", run: "{dataset}/poor/run", responses: "{dataset}/poor/responses" };
    const fixed = suiteFile({ defaults: paths, systems: [] }, [{}, { metric: ["nDCG@3"] }]);
    expect((await check({ suite: fixed, root: dir })).suite.systems).toEqual(["ours"]);
    await expect(check({ suite: fixed, root: dir, system: ["poor"] })).rejects.toThrow("no path of --suite");
    await expect(check({ suite: suiteFile({ systems: [] }), root: dir })).rejects.toThrow("needs --system NAME");
  });

  it("fails below a threshold and names dataset, system, metric, value and threshold", async () => {
    const options = { suite: suiteFile({}, [{ fail_under: { "nDCG@3": 0.9 } }]), root: await world() };
    const { failures, suite } = await check(options);
    expect(failures).toEqual(["topiocqa: poor: nDCG@3 is 0.3155, at least 0.9 was asked for"]);
    expect(suite.verdicts).toHaveLength(2);
    // One of all datasets, one of one, and one that takes the place of the suite's own.
    expect((await check({ ...options, fail_under: ["nDCG@3=0.4"] })).failures).toEqual([
      "topiocqa: poor: nDCG@3 is 0.3155, at least 0.4 was asked for",
    ]);
    expect((await check({ ...options, fail_under: ["topiocqa:nDCG@3=0.3", "qrecc:RR=0.6"] })).failures).toEqual([
      "qrecc: poor: RR is 0.5000, at least 0.6 was asked for",
    ]);
  });

  it("holds the thresholds of all datasets against those that are measured so", async () => {
    const paths = { input: "{dataset}/prepared", run: "{dataset}/{system}/run", responses: "{dataset}/{system}/responses" };
    const suite = suiteFile({ defaults: { ...paths, fail_under: { F1: 0.9, MRR: 0.1, "nDCG@3": 0.4 } } }, [
      {},
      { fail_under: { "nDCG@3": 0.6 } },
    ]);
    expect((await check({ suite, root: await world() })).failures).toEqual([
      "topiocqa: poor: F1 is 0.5000, at least 0.9 was asked for",
      "topiocqa: poor: nDCG@3 is 0.3155, at least 0.4 was asked for",
      "qrecc: poor: nDCG@3 is 0.5000, at least 0.6 was asked for",
    ]);
  });

  it("says which thresholds it cannot place", async () => {
    const options = { suite: suiteFile(), root: await world() };
    await expect(check({ ...options, fail_under: ["topiocq:F1=0.3"] })).rejects.toThrow("did you mean topiocqa?");
    await expect(check({ ...options, fail_under: ["EM=0.3"] })).rejects.toThrow("no dataset of two is measured with EM");
    await expect(check({ ...options, fail_under: ["F1=30"] })).rejects.toThrow("write F1=0.3");
  });

  it("writes a folder per dataset and a summary, the same bytes each time, and compare goes through them", async () => {
    const dir = await world();
    const outputs = [join(folder(), "a"), join(folder(), "b")] as const;
    const suite = suiteFile();
    for (const output of outputs) await check({ suite, root: dir, output });
    const bytes = (output: string) => readFileSync(join(output, "manifest.json"), "utf8");
    expect(bytes(outputs[1])).toBe(bytes(outputs[0]));
    const summary = SuiteSummary.parse(JSON.parse(readFileSync(join(outputs[0], "suite.json"), "utf8")));
    expect(summary.results["qrecc"]!["poor"]).toEqual({ "nDCG@3": 0.5 });
    for (const file of ["topiocqa/metrics.json", "qrecc/scores.jsonl", "qrecc/report.md", "report.md"])
      expect(existsSync(join(outputs[0], file))).toBe(true);

    rmSync(join(dir, "qrecc/good/run"), { recursive: true });
    await put(run({ a: ["p9", "p1"], b: ["p2", "p3"] }), join(dir, "qrecc/good/run"));
    const worse = join(folder(), "c");
    await check({ suite: suiteFile(), root: dir, output: worse });
    const compared = (options: Record<string, unknown>) =>
      compare(CompareOptions.parse({ base: outputs[0], new: worse, ...options }), {
        reporter: silentReporter,
        signal: new AbortController().signal,
      });
    const { changes, failures } = await compared({ max_drop: ["nDCG@3=0.1"] });
    expect(changes.map(({ dataset, system, metric }) => `${dataset} ${system} ${metric}`)).toContain("topiocqa poor F1");
    expect(failures).toEqual(["qrecc: good: nDCG@3 went from 1.0000 to 0.8155, 0.1845 worse; at most 0.1 was allowed"]);
    expect((await compared({ max_drop: ["RR=0.1"] })).failures).toEqual(["RR: no dataset has it, a drop of at most 0.1 was asked for"]);
    await expect(compared({ base: join(outputs[0], "qrecc/metrics.json") })).rejects.toThrow("holds one evaluation");
  });

  it("refuses an output that holds other work without leaving a report, and replaces it when told to", async () => {
    const dir = await world();
    const output = join(folder(), "out");
    const options = { suite: suiteFile(), root: dir, output };
    expect((await check(options)).output!.status).toBe("written");
    expect((await check(options)).output!.status).toBe("done");
    const report = join(folder(), "report.html");
    await expect(check({ ...options, system: ["good"], report: [`html=${report}`] })).rejects.toThrow("--overwrite");
    expect(existsSync(report)).toBe(false);
    expect((await check({ ...options, system: ["good"], overwrite: true })).output!.status).toBe("written");
  });

  it("reports to JUnit a test per dataset, system and threshold", async () => {
    const junit = join(folder(), "junit.xml");
    const suite = suiteFile({
      defaults: {
        input: "{dataset}/prepared",
        run: "{dataset}/{system}/run",
        responses: "{dataset}/{system}/responses",
        fail_under: { "nDCG@3": 0.5 },
      },
    });
    await check({ suite, root: await world(), report: [`junit=${junit}`] });
    const xml = readFileSync(junit, "utf8");
    expect(xml).toContain('<testsuites name="uniconv" tests="4" failures="1" errors="0">');
    expect(xml).toContain('<testsuite name="topiocqa" tests="2" failures="1" errors="0" skipped="0">');
    expect(xml).toContain('<testcase classname="qrecc.good" name="nDCG@3 is at least 0.5"></testcase>');
    expect(xml).toContain(
      '<testcase classname="topiocqa.poor" name="nDCG@3 is at least 0.5"><failure message="topiocqa: poor: nDCG@3 is 0.3155',
    );
  });
});

it("every option of evaluate has its place beside a suite: a dataset's, all datasets', or the suite's", () => {
  expect([...PLACES].sort()).toEqual(Object.keys(EvaluateOptions.shape).sort());
  const own = Object.keys(Suite.shape.datasets.element.shape);
  // What stands in the file and is no option of a single evaluation.
  const more = ["dataset", "name", "turns", "judged"];
  expect(own.filter((key) => !more.includes(key) && !(PLACES as readonly string[]).includes(key))).toEqual([]);
});

describe("what a suite lacks", () => {
  it("is said all at once, with the systems that are there", async () => {
    const dir = await world();
    rmSync(join(dir, "qrecc/poor/run"), { recursive: true });
    rmSync(join(dir, "topiocqa/good/responses"), { recursive: true });
    const said = check({ suite: suiteFile(), root: dir });
    await expect(said).rejects.toThrow(/2 of the 8 paths .*\n  topiocqa: responses .*\n  qrecc: run /);
    await expect(check({ suite: suiteFile(), root: dir, system: ["godo"] })).rejects.toThrow("there are the systems good, poor");
    await expect(check({ suite: suiteFile(), root: join(dir, "nowhere") })).rejects.toThrow("no such directory");
  });

  it("is scored around with --allow-missing: a hole is labelled, has no average, and passes no threshold", async () => {
    const dir = await world();
    rmSync(join(dir, "qrecc/poor/run"), { recursive: true });
    const { suite, failures, said } = await check({ suite: suiteFile(), root: dir, allow_missing: true, fail_under: ["nDCG@3=0.1"] });
    expect(said).toContainEqual(expect.stringContaining("qrecc: poor has no run"));
    expect(cell({ suite, failures }, "qrecc", ["poor", "nDCG@3"])).toMatchObject({
      value: null,
      reason: expect.stringContaining("missing: ") as string,
    });
    expect(suite.averages.map(({ system, value }) => [system, value])).toEqual([
      ["good", 1],
      ["poor", null],
    ]);
    expect(failures).toEqual([expect.stringMatching(/^qrecc: poor: nDCG@3 is not available \(missing: /)]);
    // Compared with itself, what is missing on both sides has not dropped.
    const output = join(folder(), "out");
    await check({ suite: suiteFile(), root: dir, allow_missing: true, output });
    const same = CompareOptions.parse({ base: output, new: output, max_drop: ["nDCG@3=0"] });
    expect((await compare(same, { reporter: silentReporter, signal: new AbortController().signal })).failures).toEqual([]);
    expect(texts(suiteTable(suite).rows)[1]!.slice(3)).toEqual(["n/a", "–"]);
  });

  it("may be a whole dataset", async () => {
    const dir = await world();
    rmSync(join(dir, "qrecc/prepared"), { recursive: true });
    const { suite, failures } = await check({ suite: suiteFile(), root: dir, allow_missing: true, fail_under: ["qrecc:nDCG@3=0"] });
    expect(suite.datasets[1]).toEqual({ name: "qrecc", dataset: "qrecc", missing: `${join(dir, "qrecc/prepared")} is missing` });
    expect(failures).toEqual([expect.stringMatching(/^qrecc: nDCG@3 is not available \(.*prepared is missing\)/)]);
    expect(suiteTable(suite).notes).toContain(`n/a: qrecc: ${join(dir, "qrecc/prepared")} is missing`);
  });
});

describe("the suite's turns", () => {
  it("are asked for: another number of them is said in the heading, the notes and the summary", async () => {
    const dir = await world();
    const output = join(folder(), "out");
    const { suite, said } = await check({ suite: suiteFile({}, [{ turns: 2514 }]), root: dir, output });
    const label = "3 turns of test; the suite expects 2514";
    expect(said).toContain(`topiocqa: ${label}`);
    const { columns, notes } = suiteTable(suite);
    expect(columns.map(({ group }) => group)).toContain("topiocqa [1]");
    expect(columns.map(({ group }) => group)).toContain("qrecc");
    expect(columns.at(-1)!.group).toBe("macro average [1]");
    expect(notes).toContain(`[1] not the suite's turns: topiocqa: ${label}`);
    expect(SuiteSummary.parse(JSON.parse(readFileSync(join(output, "suite.json"), "utf8"))).datasets[0]!.label).toBe(label);
    // Where a dataset stands alone, too: its own folder, and each of its rows of CSV.
    expect(readFileSync(join(output, "topiocqa/report.md"), "utf8")).toContain(label);
    expect(
      csvOf(suiteCsvRows(suite))
        .split("\r\n")
        .filter((row) => row.includes(label)).length,
    ).toBe(5);
    expect((await check({ suite: suiteFile({}, [{ judged: 3 }]), root: dir })).said).toContain(
      "topiocqa: 2 turns of test have judgements; the suite expects 3",
    );
  });

  it("are refused where the split is not there, and where the folder is of another dataset", async () => {
    const dir = await world();
    await expect(check({ suite: suiteFile({}, [{ split: "dev" }]), root: dir })).rejects.toThrow(
      /^topiocqa: .*has no turns of split dev; it has 3 test, 1 train/,
    );
    await expect(check({ suite: suiteFile({}, [{ dataset: "inscit", name: "topiocqa" }]), root: dir })).rejects.toThrow(
      "was prepared from the dataset topiocqa; the suite expects inscit here",
    );
  });

  it("may be missing as a folder may, where that is allowed", async () => {
    const options = { root: await world(), allow_missing: true };
    const { suite, said } = await check({ ...options, suite: suiteFile({}, [{ split: "dev" }]) });
    expect(said).toContainEqual(expect.stringMatching(/^topiocqa: not evaluated: .*has no turns of split dev; it has 3 test, 1 train/));
    expect(suite.averages[0]).toMatchObject({ system: "good", value: null });
    const nothing = suiteFile({}, [{ split: "dev" }, { split: "dev" }]);
    await expect(check({ ...options, suite: nothing })).rejects.toThrow(/^nothing can be scored:\n  topiocqa: .*\n  qrecc: /);
  });

  it("are whole: what was made under --limit is labelled, and thresholds refuse it", async () => {
    const dir = await world();
    rmSync(join(dir, "topiocqa/prepared"), { recursive: true });
    await put(prepared({ options: { dataset: "topiocqa" }, partial: true }), join(dir, "topiocqa/prepared"));
    const options = { suite: suiteFile(), root: dir };
    expect((await check(options)).said).toContain("topiocqa: made under --limit");
    await expect(check({ ...options, fail_under: ["nDCG@3=0.1"] })).rejects.toThrow("--allow-partial");
    expect((await check({ ...options, fail_under: ["nDCG@3=0.1"], allow_partial: true })).failures).toEqual([]);
  });
});

describe("a suite beside a paper", () => {
  it("lays the paper's tables out with our systems on top, and marks what was measured on other turns", async () => {
    const dir = await world();
    const { suite } = await check({ suite: suiteFile(), root: dir, against: "uniconv-2507.07030" });
    const sections = suiteSections(suite).filter(({ detail }) => detail !== true);
    expect(sections.map(({ title }) => title.slice(0, 29))).toEqual([
      "Suite two",
      ...[2, 3, 4, 5, 6, 7].map((n) => `Table ${n} of uniconv-2507.07030`),
    ]);
    const { columns, rows, notes } = sections[1]!.table;
    expect(columns.slice(2).map(({ group, title }) => `${group} ${title}`)).toEqual(["topiocqa nDCG@3", "qrecc nDCG@3"]);
    expect(rows[0]).toEqual(["good", "ours", { text: "100.0", marks: "≠" }, { text: "100.0", marks: "≠" }]);
    expect(rows.at(-1)).toEqual(["UniConv", "CDR, 7B", { text: "42.6", marks: "†", delta: "+57.4" }, { text: "47.6", delta: "+52.4" }]);
    expect(notes).toContain(
      "≠ not the paper's turns: topiocqa: ours: 3 turns of test; theirs: 2514 turns of dev. The figures are not comparable",
    );
    const wrong = sections.flatMap(({ title, table }) => (table.notes ?? []).map((note) => `${title.slice(0, 7)}: ${note}`));
    expect(wrong.filter((note) => note.includes("47.6 in Table 2 and 46.6 in Table 4"))).toEqual([expect.stringMatching(/^Table 2: /)]);
  });

  it("keeps the columns of a dataset that is missing, and leaves out tables of which nothing was measured", async () => {
    const dir = await world();
    rmSync(join(dir, "qrecc/prepared"), { recursive: true });
    for (const system of ["good", "poor"]) rmSync(join(dir, "topiocqa", system, "responses"), { recursive: true });
    const { suite } = await check({ suite: suiteFile(), root: dir, allow_missing: true, against: "uniconv-2507.07030" });
    expect(suite.against!.tables.map(({ id }) => id)).toEqual(["Table 2", "Table 4"]);
    const { rows } = suiteSections(suite)[1]!.table;
    expect(rows[0]).toEqual(["good", "ours", { text: "100.0", marks: "≠" }, "–"]);
    expect(rows.at(-1)!.at(-1)).toEqual({ text: "47.6" });
  });

  it("is refused where the paper reports nothing of it", async () => {
    const options = { suite: suiteFile(), root: await world() };
    await expect(check({ ...options, against: "unigen-aaai2024" })).rejects.toThrow("it reports nothing that was measured here");
    await expect(check({ ...options, root: "absent", against: "uniconv" })).rejects.toThrow("no such paper");
  });
});

describe("a bad suite file", () => {
  const options = (suite: string) => ({ suite, root });
  const cases: [string, string, RegExp][] = [
    ["an unknown key", suiteFile({ dataset: [] }), /unknown key "dataset"; did you mean "datasets"\?/],
    ["no name", suiteFile({ name: undefined }), /two\.json: name: is missing, expected string/],
    ["a text where a list is expected", suiteFile({}, [{ metric: "F1" }]), /datasets\[0\]\.metric: expected array, received string/],
    ["an unknown key of a dataset", suiteFile({}, [{ metrics: [] }]), /datasets\[0\]: unknown key "metrics"; did you mean "metric"\?/],
    ["an unknown metric", suiteFile({}, [{ metric: ["nDGC@3"] }]), /topiocqa: unknown metric "nDGC@3"; did you mean "nDCG@3"\?/],
    ["a threshold of 40", suiteFile({}, [{ fail_under: { F1: 40 } }]), /topiocqa: fail_under F1=40: .* write F1=0\.4/],
    ["two datasets of one name", suiteFile({}, [{}, { dataset: "topiocqa" }]), /two datasets are called topiocqa/],
    ["a stray brace", suiteFile({}, [{ run: "{datset}/run" }]), /datasets\[0\]\.run: a path may hold \{dataset\} and \{system\}/],
    ["no paths", suiteFile({ defaults: {} }), /topiocqa: "input" is missing.*\n.*topiocqa: "run" and "responses" are missing/],
    ["no run for a retrieval metric", suiteFile({ defaults: { input: "x", responses: "y" } }), /nDCG@3 needs "run"/],
  ];
  it.each(cases)("says what is wrong: %s", async (_, file, says) => {
    await expect(check(options(file))).rejects.toThrow(says);
    await expect(check(options(file))).rejects.toMatchObject({ exitCode: 2 });
  });

  it("is named with the line where its JSON breaks", async () => {
    const file = join(folder(), "broken.json");
    writeFileSync(file, '{\n "name": "x",\n "datasets": [,]\n}\n');
    await expect(check(options(file))).rejects.toThrow(`--suite ${file}:3: `);
    await expect(check(options(join(root, "absent.json")))).rejects.toThrow("absent.json: no such file");
    await expect(check(options("quikstart"))).rejects.toThrow("did you mean quickstart? There are quickstart, ");
    await expect(check(options("mine"))).rejects.toThrow("no such suite. There are quickstart, ");
  });

  it("goes with nothing that it says itself", async () => {
    const suite = suiteFile();
    await expect(check({ suite, root, run: ["x"], depth: 5 })).rejects.toThrow("leave out --run, --depth");
    await expect(check({ suite, root, format: "trec_eval" })).rejects.toThrow("leave out --format trec_eval");
  });
});

it("a suite that is interrupted says so, and writes nothing", async () => {
  const output = join(folder(), "out");
  const options = EvaluateOptions.parse({ suite: suiteFile(), root: await world(), output });
  const stopped = evaluateSuite(options, { reporter: silentReporter, signal: AbortSignal.abort("SIGINT") });
  await expect(stopped).rejects.toMatchObject({ exitCode: 130, message: "stopped after 0 of 2 datasets; nothing was written" });
  expect(existsSync(output)).toBe(false);
});

it("answers are asked of a suite as they are alone", async () => {
  const dir = await world();
  await put(responses({ a: "a cat" }), join(dir, "qrecc/good/responses"));
  await put(responses({ a: "x", b: "two" }), join(dir, "qrecc/poor/responses"));
  const asked = { metric: ["nDCG@3", "F1"], averaging: "intersection", multi_ref: "first", f1_variant: "inscit" };
  const result = await check({ suite: suiteFile({}, [{}, asked]), root: dir });
  expect(result.suite.datasets[1]!.evaluation!.protocol).toMatchObject({
    averaging: "intersection",
    "F1 variant": "inscit",
    "several references": "first",
  });
  expect(cell(result, "qrecc", ["good", "F1"])).toMatchObject({ value: 1, n: 1 });
  expect(result.suite.averages.find(({ system, metric }) => system === "poor" && metric === "F1")!.value).toBeCloseTo(
    (0.5 + 1 / 3) / 2,
    12,
  );
});

it("a dataset of a suite may name its turns by another rule", async () => {
  const dir = await world();
  const theirs = join(dir, "qrecc/theirs.trec");
  writeFileSync(theirs, "QReCC-Test_7_1 Q0 p1 1 1 t\nQReCC-Test_7_2 Q0 p9 1 1 t\n");
  rmSync(join(dir, "qrecc/prepared"), { recursive: true });
  const turns = ["7_1", "7_2"].map((id) => turn(id, "test", ["x"]));
  await put(prepared({ options: { dataset: "qrecc" }, turns, qrels: "7_1\t0\tp1\t1\n7_2\t0\tp1\t1\n" }), join(dir, "qrecc/prepared"));
  const suite = suiteFile({}, [{}, { run: "qrecc/theirs.trec", id_format: ["qrecc"] }]);
  const result = await check({ suite, root: dir });
  expect(cell(result, "qrecc", ["good", "nDCG@3"])).toMatchObject({ value: 0.5, n: 2 });
  await expect(check({ suite, root: dir, id_format: ["qrecc"] })).rejects.toThrow("leave out --id-format");
});

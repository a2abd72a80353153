/** @file `evaluate` from files to table, files and verdict. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MetricsFile } from "../../src/schema/metrics-file.ts";
import { ScoreLine } from "../../src/schema/records.ts";
import { openArtifact } from "../../src/util/artifact.ts";
import { readJsonl } from "../../src/util/jsonl.ts";
import { cell, check, prepared, responses, root, run, turn } from "./world.ts";

afterAll(() => rmSync(root, { recursive: true }));

let input: string;
let good: string;
beforeAll(async () => {
  input = await prepared();
  good = await run({ a: ["p9", "p1"], b: ["p2", "p3"] });
});

describe("scores", () => {
  it("average over the judged turns of the split, and default to nDCG@3, R@10, RR and F1", async () => {
    const answers = await responses({ a: "The cat!", b: "three birds" });
    const result = await check({ input, run: [good], responses: [answers] });
    expect(result.evaluation.metrics.map(({ label }) => label)).toEqual(["nDCG@3", "R@10", "RR", "F1"]);
    const [system] = result.evaluation.systems;
    expect(cell(result, system!.name, "nDCG@3")).toMatchObject({ n: 2 });
    expect(cell(result, system!.name, "nDCG@3")!.value).toBeCloseTo((1 / Math.log2(3) + 1) / 2, 12);
    expect(cell(result, system!.name, "R@10")!.value).toBe(1);
    expect(cell(result, system!.name, "RR")!.value).toBe(0.75);
    expect(cell(result, system!.name, "F1")!.value).toBeCloseTo((1 + 0.5) / 2, 12);
    expect(result.said).toEqual([]);
  });

  it("put the lead baseline beside answers: thirty words of the top passage", async () => {
    const top = await run({ a: ["p1"], b: ["p2"] });
    const result = await check({ input, run: [top], responses: [await responses({ a: "cat", b: "bird" })] });
    // "a cat" is 1 of 29 tokens once the article is gone; the reference "a cat" has 1
    expect(cell(result, "lead", "F1")!.value).toBeCloseTo((2 / (29 + 1) + 1) / 2, 12);
    expect(result.evaluation.systems.at(-1)!.role).toBe("baseline");
    expect(result.evaluation.protocol["lead"]).toMatch(/first 30 words of run\d+'s top passage/);
    const without = await check({
      input: await prepared({ passages: false }),
      run: [top],
      responses: [await responses({ a: "cat", b: "bird" })],
    });
    expect(without.evaluation.systems.map(({ name }) => name)).not.toContain("lead");
  });

  it("count a turn the run lacks as 0, and say so; intersection leaves it out", async () => {
    const half = await run({ b: ["p2"], c: ["p9"] });
    const all = await check({ input, run: [half], metric: ["RR"] });
    expect(cell(all, all.evaluation.systems[0]!.name, "RR")).toMatchObject({ value: 0.5, n: 2 });
    expect(all.said[0]).toMatch(/warn: run\d+ lacks 1 of 2 judged turns; they count 0/);
    expect(all.said[1]).toMatch(/info: run\d+ ranks 1 turns beside the judged turns/);
    expect(all.evaluation.warnings).toHaveLength(1);
    const shared = await check({ input, run: [half], metric: ["RR"], averaging: "intersection" });
    expect(cell(shared, shared.evaluation.systems[0]!.name, "RR")).toMatchObject({ value: 1, n: 1 });
  });

  it("name the file of answers that are missing, not the run beside them", async () => {
    const half = await responses({ b: "two birds" });
    const { said } = await check({ input, run: [good], responses: [half] });
    expect(said).toContainEqual(expect.stringContaining("responses.jsonl lacks 1 of 2 referenced turns"));
  });

  it("measure answers against the evidence of the dataset and the passages of the prompt, each over the turns that have them", async () => {
    const evident = await prepared({
      turns: [
        { ...turn("a", "test", ["a cat"]), evidence: ["A cat", "sat"] },
        { ...turn("b", "test", ["x"]), evidence: ["two dogs"] },
        turn("c", "test", ["y"]),
      ],
    });
    const metric = ["F1", "Evidence-F1", "K-F1", "Knowledge-P"];
    const given = await responses({ a: "two cat", b: "birds", c: "nothing" }, false, ["p2", "p9"]);
    const [system] = (await check({ input: evident, responses: [given], metric })).evaluation.systems;
    expect(system!.cells).toMatchObject([
      { metric: "F1", n: 3 },
      { metric: "Evidence-F1", value: 0.25, n: 2 }, // cat of (two cat | cat sat): 1/2; birds of (birds | two dogs): 0
      { metric: "Knowledge-F1", n: 3, value: (0.4 + 0.5 + 0.5) / 3 }, // against "two birds nothing"
      { metric: "Knowledge-P", n: 3, value: (0.5 + 1 + 1) / 3 },
    ]);
    const bare = await check({ input, responses: [await responses({ a: "x", b: "y" })], metric });
    expect(bare.evaluation.systems[0]!.cells.slice(1)).toMatchObject([
      { value: null, reason: "the dataset names no evidence" },
      { value: null, reason: "no answer was given passages whose texts are in --input or --passages" },
      { value: null },
    ]);
  });

  it("count an answer that is missing as the empty one", async () => {
    const result = await check({ input, responses: [await responses({ b: "two birds" })] });
    expect(result.evaluation.systems[0]!.cells).toMatchObject([{ metric: "F1", value: 0.5, n: 2 }]);
  });

  it("follow --relevance-level and --depth, which leave the gains of nDCG alone", async () => {
    const qrels = join(root, "graded.tsv");
    writeFileSync(qrels, "a\t0\tp1\t1\na\t0\tp2\t2\n");
    const file = join(root, "graded.trec");
    writeFileSync(file, "a Q0 p1 1 3 x\na Q0 p2 2 2 x\n");
    const at = async (more: Record<string, unknown>) => {
      const result = await check({ qrels, run: [file], metric: ["RR", "nDCG@3"], ...more });
      return result.evaluation.systems[0]!.cells.map(({ value }) => Number(value!.toFixed(4)));
    };
    expect(await at({})).toEqual([1, 0.8597]);
    expect(await at({ relevance_level: 2 })).toEqual([0.5, 0.8597]);
    expect(await at({ relevance_level: 2, depth: 1 })).toEqual([0, 0.3801]);
  });

  it("are n/a with a reason where the dataset judges no passages", async () => {
    const result = await check({ input: await prepared({ qrels: "" }), run: [good], responses: [await responses({ a: "x", b: "y" })] });
    expect(cell(result, result.evaluation.systems[0]!.name, "RR")).toEqual({
      metric: "RR",
      value: null,
      reason: "no passages are judged",
      n: 0,
    });
    expect(cell(result, result.evaluation.systems[0]!.name, "F1")!.value).toBe(0);
  });

  it("choose the dev split when there is no test split, and the named one when there is", async () => {
    const dev = await prepared({ turns: [turn("a", "dev", ["x"]), turn("b", "train", ["y"])] });
    expect((await check({ input: dev, responses: [await responses({ a: "x" })] })).evaluation.protocol["split"]).toBe("dev");
    expect((await check({ input, split: "train", run: [await run({ d: ["p1"] })] })).evaluation.protocol).toMatchObject({
      split: "train",
      "judged turns": 1,
    });
    await expect(check({ input: dev, split: "test", run: [good] })).rejects.toThrow("has no turns of split test; it has 1 dev, 1 train");
  });
});

describe("several systems", () => {
  it("are rows of one table, named by hand or by their folder, and tested against the first", async () => {
    const bad = await run({ a: ["p9"], b: ["p9"] });
    const result = await check({ input, run: [`good=${good}`, bad], metric: ["RR", "R@10"] });
    expect(result.evaluation.systems.map(({ name }) => name)).toEqual(["good", bad.split("/").at(-1)]);
    expect(result.evaluation.comparisons.map(({ metric, baseline, difference, n }) => ({ metric, baseline, difference, n }))).toEqual([
      { metric: "RR", baseline: "good", difference: -0.75, n: 2 },
      { metric: "R@10", baseline: "good", difference: -1, n: 2 },
    ]);
    // two turns, both worse: 2 of the 4 sign patterns are as extreme
    expect(result.evaluation.comparisons[0]).toMatchObject({ randomisation_p: 0.5, holm_p: 0.5 });
    const turned = await check({ input, run: [`good=${good}`, `bad=${bad}`], metric: ["RR"], baseline: "bad" });
    expect(turned.evaluation.comparisons).toMatchObject([{ system: "good", baseline: "bad", difference: 0.75 }]);
    await expect(check({ input, run: [good], baseline: "nobody" })).rejects.toThrow("names no system");
  });

  it("merge a run and answers of the same name into one row", async () => {
    const result = await check({ input, run: [`x=${good}`], responses: [`x=${await responses({ a: "cat", b: "bird" })}`] });
    expect(result.evaluation.systems[0]!.cells.map(({ metric }) => metric)).toEqual(["nDCG@3", "R@10", "RR", "F1"]);
  });

  it("of one name are refused, as is one file given twice", async () => {
    await expect(check({ input, run: [`x=${good}`, `x=${good}`] })).rejects.toMatchObject({ exitCode: 2 });
    await expect(check({ input, run: [good, good] })).rejects.toThrow("two inputs are named");
  });

  it("stand in the order given, with runs before answers alone, whatever their names hold", async () => {
    const answers = await responses({ a: "cat", b: "bird" });
    const names = ["z", "k=82, b=4.46", "東京", "a\u0301"];
    const { evaluation } = await check({
      input,
      run: names.map((name) => `${name}=${good}`),
      responses: [`0=${answers}`, `z=${answers}`],
      metric: ["RR", "F1"],
    });
    expect(evaluation.systems.map(({ name }) => name)).toEqual([...names, "0", "lead"]);
  });

  it("of the same file name go by their folders, all of them", async () => {
    const files = ["one", "two"].map((name) => join(root, name, "same.trec"));
    for (const file of files) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, "a Q0 p1 1 1 t\n");
    }
    const { evaluation } = await check({ input, run: files, metric: ["RR"] });
    expect(evaluation.systems.map(({ name }) => name)).toEqual(["one/same", "two/same"]);
  });
});

describe("the files", () => {
  it("are metrics.json, scores.jsonl and report.md, byte for byte the same each time", async () => {
    const bad = await run({ a: ["p9"], b: ["p9"] });
    const options = { input, run: [`good=${good}`, `bad=${bad}`], responses: [`good=${await responses({ a: "cat", b: "bird" })}`] };
    const [one, two] = [join(root, "out1"), join(root, "out2")];
    expect((await check({ ...options, output: one })).output).toMatchObject({ status: "written" });
    expect((await check({ ...options, output: one })).output).toMatchObject({ status: "done" });
    await check({ ...options, output: two });
    const { manifest } = await openArtifact(one, "evaluation");
    expect(manifest.files.map(({ path }) => path)).toEqual(["metrics.json", "report.md", "scores.jsonl"]);
    for (const { path } of manifest.files) expect(readFileSync(join(two, path)).equals(readFileSync(join(one, path))), path).toBe(true);

    const metrics = MetricsFile.parse(JSON.parse(readFileSync(join(one, "metrics.json"), "utf8")));
    expect(metrics.results["good"]!["RR"]).toBe(0.75);
    expect(metrics["n-samples"]["good"]).toEqual({ "nDCG@3": 2, "R@10": 2, RR: 2, F1: 2 });
    expect(metrics.higher_is_better["good"]!["F1"]).toBe(true);
    const lines: ScoreLine[] = [];
    for await (const line of readJsonl(join(one, "scores.jsonl"), ScoreLine)) lines.push(line);
    expect(lines).toContainEqual({ system: "good", turn: "a", metric: "RR", score: 0.5 });
    // 2 turns × (3 retrieval metrics × 2 runs + F1 of the answers and of the lead)
    expect(lines).toHaveLength(16);
    const report = readFileSync(join(one, "report.md"), "utf8");
    expect(report).toContain("| good | **81.5**");
    expect(report).toContain("| RR | bad | good | 2 | -75.0 |");
  });
});

describe("--fail-under", () => {
  it("passes what reaches the threshold and names what does not", async () => {
    expect((await check({ input, run: [good], fail_under: ["RR=0.75"] })).failures).toEqual([]);
    const { failures } = await check({ input, run: [`x=${good}`], fail_under: ["RR=0.751", "nDCG@3=0.1", "R@5=1"] });
    expect(failures).toEqual(["x: RR is 0.7500, at least 0.751 was asked for"]);
  });

  it("does not pass on a score that is not there", async () => {
    const { failures } = await check({ input: await prepared({ qrels: "" }), run: [`x=${good}`], fail_under: ["RR=0"] });
    expect(failures).toEqual(["x: RR is not available (no passages are judged), at least 0 was asked for"]);
    expect((await check({ input, run: [good], fail_under: ["F1=0"] })).failures).toEqual(["F1: no system has it, 0 was asked for"]);
  });

  it.each([
    ["nDCG@3=40", "write nDCG@3=0.4"],
    ["nDCG@3=-1", "between 0 and 1"],
    ["nDCG@3", "expected METRIC=x"],
    ["nDCG@3=abc", "expected METRIC=x"],
    ["P@5,10=0.3", "several metrics (P@5, P@10, …)"],
    ["nDGC@3=0.4", 'did you mean "nDCG@3"'],
  ])("refuses %s", async (threshold, words) => {
    await expect(check({ input, run: [good], fail_under: [threshold] })).rejects.toThrow(words);
    await expect(check({ input, run: [good], fail_under: [threshold] })).rejects.toMatchObject({ exitCode: 2 });
  });

  it("does not judge what was made under --limit, unless it may", async () => {
    const limited = await run({ a: ["p1"], b: ["p2"] }, true);
    await expect(check({ input, run: [limited], fail_under: ["RR=0.1"] })).rejects.toThrow("--allow-partial");
    await expect(check({ input: await prepared({ partial: true }), run: [good], fail_under: ["RR=0.1"] })).rejects.toMatchObject({
      exitCode: 2,
    });
    expect((await check({ input, run: [limited], fail_under: ["RR=0.1"], allow_partial: true })).failures).toEqual([]);
    const output = join(root, "partial-out");
    await check({ input, run: [limited], output });
    expect((await openArtifact(output, "evaluation")).manifest.partial).toBe(true);
  });
});

describe("what does not fit is refused", () => {
  it("a run and judgements that share no turn, showing three ids of each", async () => {
    const foreign = join(root, "foreign.trec");
    writeFileSync(foreign, [1, 2, 3, 4].map((i) => `Test_1_${i} Q0 p 1 1 x\n`).join(""));
    const attempt = check({ input, run: [foreign] });
    await expect(attempt).rejects.toMatchObject({ exitCode: 3 });
    await expect(attempt).rejects.toThrow('it has "Test_1_1", "Test_1_2", "Test_1_3", there are "a", "b"');
  });

  it("a qrels file that judges none of the turns", async () => {
    const qrels = join(root, "foreign.qrels");
    writeFileSync(qrels, "Test_1 0 p 1\n");
    await expect(check({ input, qrels, run: [good] })).rejects.toThrow("judges no turn of");
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["nothing to score", { qrels: "q" }, "give --run, --responses or both"],
    ["nothing to score against", { run: ["r"] }, "give --input PREPARED or --qrels FILE"],
    ["answers without references", { qrels: "q", responses: ["r"] }, "needs --input"],
    ["a split of a qrels file", { qrels: "q", run: ["r"], split: "test" }, "has no splits"],
    ["two runs in trec_eval's format", { qrels: "q", run: ["r", "s"], format: "trec_eval" }, "exactly one --run"],
    ["an unknown metric", { qrels: "q", run: ["r"], metric: ["nDGC@3"] }, 'did you mean "nDCG@3"? There are AP'],
  ])("%s", async (_, options, words) => {
    await expect(check(options)).rejects.toThrow(words);
    await expect(check(options)).rejects.toMatchObject({ exitCode: 2 });
  });

  it("a metric named without anything to score", async () => {
    await expect(check({ input, run: [good], metric: ["F1"] })).rejects.toThrow("F1 has nothing to score");
  });
});

describe("--format trec_eval", () => {
  it("prints trec_eval's official measures over the turns both have, or all with --averaging all", async () => {
    const half = await run({ b: ["p9", "p2"] });
    const { trecEval } = await check({ input, run: [half], format: "trec_eval" });
    expect(trecEval).toContain("num_q                 \tall\t1");
    expect(trecEval).toContain("recip_rank            \tall\t0.5000");
    expect(trecEval).toContain("runid                 \tall\tt");
    const all = await check({ input, run: [half], format: "trec_eval", averaging: "all", metric: ["recip_rank", "num_q"], per_turn: true });
    expect(all.trecEval).toEqual([
      "recip_rank            \ta\t0.0000",
      "recip_rank            \tb\t0.5000",
      "runid                 \tall\tt",
      "num_q                 \tall\t2",
      "recip_rank            \tall\t0.2500",
    ]);
  });
});

/** @file `report curves`: means over runs where all of them have a value, and every bad log refused with its place. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Curve, averaged, metricsOf, type NamedLog } from "../../src/report/curves/average.ts";
import { curvesCsv, curvesTable } from "../../src/report/curves/curves-table.ts";
import { trainingFigure } from "../../src/report/figures/training.ts";
import { renderer } from "../../src/report/figures/render.ts";
import { readTrainingLog } from "../../src/report/curves/training-log.ts";
import { runCli } from "../cli/run-cli.ts";
import { readSvg } from "../helpers/svg.ts";
import { tempDir } from "../helpers/temp.ts";

type Line = { update: number } & Record<string, number>;
const log = (name: string, lines: readonly Line[]): NamedLog => ({ name, file: `${name}.jsonl`, lines: [...lines] });
const text = (lines: readonly Line[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join("");

function average(
  logs: readonly NamedLog[],
  { band = "range", metric = [] as string[] }: { band?: "range" | "sd"; metric?: string[] } = {},
) {
  const warnings: string[] = [];
  const curves = averaged(logs, metricsOf(logs, metric), { band, warn: (message) => warnings.push(message) });
  return { curves, warnings };
}

describe("averages over runs", () => {
  const seeds = [2, 4, 9].map((loss, seed) =>
    log("ours", [
      { update: 10, epoch: 0.1, L: loss, learning_rate: 1e-4 },
      { update: 20, epoch: 0.2, L: loss / 2, learning_rate: 2e-4 },
      { update: 20, "eval_nDCG@3": 0.1 * (seed + 1) },
    ]),
  );

  test("of hundreds of thousands of updates tell where each run ends", () => {
    const lines = (updates: number) => Array.from({ length: updates }, (_, i) => ({ update: i + 1, L: 1 }));
    const { warnings } = average([log("ours", lines(200_000)), log("ours", lines(199_999))]);
    expect(warnings).toEqual([expect.stringMatching(/\(L 1 of 200000\); .* ends at 200000, .* ends at 199999$/)]);
  });

  test("are means with the lowest and highest run, or a standard deviation, as band", () => {
    const { curves, warnings } = average(seeds);
    expect(warnings).toEqual([]);
    expect(curves.map(({ metric, runs }) => [metric, runs])).toEqual([
      ["L", 3],
      ["learning_rate", 3],
      ["eval_nDCG@3", 3],
    ]);
    expect(curves[0]!.points).toEqual([
      { update: 10, mean: 5, low: 2, high: 9 },
      { update: 20, mean: 2.5, low: 1, high: 4.5 },
    ]);
    // Variance of 2, 4, 9 around 5, over n - 1: (9 + 1 + 16) / 2.
    expect(average(seeds, { band: "sd", metric: ["L"] }).curves[0]!.points[0]).toEqual({
      update: 10,
      mean: 5,
      low: 5 - Math.sqrt(13),
      high: 5 + Math.sqrt(13),
    });
    expect(average([seeds[0]!], { band: "sd" }).curves[0]!.points[0]).toEqual({ update: 10, mean: 2, low: 2, high: 2 });
  });

  test("stand only where every run has a value, and say what that leaves out", () => {
    const short = log("ours", [{ update: 10, L: 1 }]);
    const { curves, warnings } = average([...seeds, short]);
    expect(curves.find(({ metric }) => metric === "L")!.points.map(({ update, mean }) => [update, mean])).toEqual([[10, 4]]);
    expect(curves.find(({ metric }) => metric === "eval_nDCG@3")).toMatchObject({ runs: 3 });
    expect(warnings).toEqual([
      "ours: learning_rate is in 3 of 4 runs, not in ours.jsonl; it is averaged over those",
      "ours: eval_nDCG@3 is in 3 of 4 runs, not in ours.jsonl; it is averaged over those",
      "ours: updates that some run lacks are left out (L 1 of 2); ours.jsonl ends at 20, ours.jsonl ends at 20, ours.jsonl ends at 20, ours.jsonl ends at 10",
    ]);
    expect(() => average([log("a", [{ update: 10, L: 1 }]), log("a", [{ update: 15, L: 1 }])])).toThrow(
      "a: its runs share no update with L; they were logged at 10 and at 15",
    );
  });

  test("keep names apart, and know no metric that is nowhere", () => {
    const { curves, warnings } = average([seeds[0]!, log("other", [{ update: 7, L_R: 1 }])]);
    expect(curves.map(({ name, metric }) => `${name} ${metric}`)).toEqual([
      "ours L",
      "ours learning_rate",
      "ours eval_nDCG@3",
      "other L_R",
    ]);
    expect(warnings).toEqual([]);
    expect(() => average(seeds, { metric: ["L_X"] })).toThrow(
      "--metric L_X: no log has it; there are epoch, L, learning_rate, eval_nDCG@3",
    );
  });

  test("print scores × 100 and write them 0-1 in full", () => {
    const { curves } = average(seeds, { metric: ["L", "eval_nDCG@3"] });
    expect(curvesTable(curves, "range").rows).toEqual([
      ["ours", "L", "3", "2", "5.000 [2.000, 9.000] at 10", "2.500 [1.000, 4.500] at 20", "2.500 at 20", "5.000 at 10"],
      ["ours", "eval_nDCG@3", "3", "1", "20.00 [10.00, 30.00] at 20", "20.00 [10.00, 30.00] at 20", "20.00 at 20", "20.00 at 20"],
    ]);
    const [, , , last] = curvesCsv(curves).split("\r\n");
    expect(last).toBe(`ours,eval_nDCG@3,20,3,${curves[1]!.points[0]!.mean},0.1,${0.1 * 3}`);
  });
});

describe("the picture of training curves", () => {
  const points = (n: number, value: (i: number) => number) =>
    Array.from({ length: n }, (_, i) => ({ update: 10 * (i + 1), mean: value(i), low: value(i) - 0.01, high: value(i) + 0.01 }));
  const cases: [string, Curve[]][] = [
    ["one run", [{ name: "ours", metric: "L", runs: 1, points: points(70, (i) => 9 / (i + 1)) }]],
    ["one point", [{ name: "ours", metric: "eval_F1", runs: 2, points: points(1, () => 0.5) }]],
    [
      "tiny and huge values",
      ["learning_rate", "grad_norm"].map((metric, k) => ({
        name: "ours",
        metric,
        runs: 3,
        points: points(30, (i) => (k === 0 ? 1e-7 : 1e7) * i),
      })),
    ],
    [
      "values that never change",
      [{ name: "ours", metric: "L", runs: 3, points: points(5, () => 0).map((one) => ({ ...one, low: 0, high: 0 })) }],
    ],
    [
      "many names and long ones",
      Array.from({ length: 20 }, (_, i) => ({
        name: `${"a long name of a run ".repeat(4)}${i}`,
        metric: i % 2 === 0 ? "L" : "x".repeat(60),
        runs: 2,
        points: points(9, () => i),
      })),
    ],
    ["thousands of points", [{ name: "datum['x']", metric: "a.b[0]", runs: 2, points: points(5000, (i) => 1 / (i + 1)) }]],
  ];

  test.each(cases)("of %s is readable, with nothing cut off", async (_, curves) => {
    const warnings: string[] = [];
    const { spec, title } = trainingFigure(curves, "lowest to highest run");
    const svg = await (await renderer()).svg(spec, title, (message) => warnings.push(message));
    const { width, height, texts } = readSvg(svg);
    expect(warnings).toEqual([]);
    expect(width).toBeLessThan(460);
    expect(svg.length).toBeLessThan(120_000);
    expect(texts.filter(({ box }) => box.left < 0 || box.top < 0 || box.right > width || box.bottom > height)).toEqual([]);
  });

  test("holds the means and bands, scores × 100", () => {
    const { curves } = average([log("ours", [{ update: 10, L: 2, eval_F1: 0.25 }]), log("ours", [{ update: 10, L: 4, eval_F1: 0.75 }])]);
    const { spec } = trainingFigure(curves, "lowest to highest run");
    expect((spec["data"] as { values: unknown }).values).toEqual([
      { panel: 0, name: "ours", update: 10, mean: 3, low: 2, high: 4 },
      { panel: 1, name: "ours", update: 10, mean: 50, low: 25, high: 75 },
    ]);
    expect(JSON.stringify(spec["title"])).toContain("mean over runs (2 of ours); bands: lowest to highest run");
  });
});

describe("a training log", () => {
  const written = (name: string, content: string): string => {
    const dir = join(tempDir(), name);
    mkdirSync(dir);
    writeFileSync(join(dir, "metrics.jsonl"), content);
    return dir;
  };
  const good = text([
    { update: 10, L: 3 },
    { update: 20, L: 2 },
  ]);
  const read = async (path: string) => {
    const warnings: string[] = [];
    return { ...(await readTrainingLog(path, (message) => warnings.push(message))), warnings };
  };

  test("of an interrupted run may end inside a line; no other may be cut", async () => {
    const dir = written("model.partial", `${good}{"update":30,"L":`);
    const { lines, warnings } = await read(dir);
    expect(lines).toHaveLength(2);
    expect(warnings).toEqual([`${join(dir, "metrics.jsonl")}:3: the file ends inside this line, it is left out`]);
    const broken = written("broken", `{"update":10,"L":\n${good}`);
    await expect(read(broken)).rejects.toThrow(`${join(broken, "metrics.jsonl")}:1:`);
    const only = written("only", '{"update":');
    await expect(read(only)).rejects.toThrow(`${join(only, "metrics.jsonl")}:1:`);
  });

  test.each([
    [
      "an update twice",
      text([
        { update: 10, L: 1 },
        { update: 10, L: 2 },
      ]),
      ':2: the id "update 10, training" is in line 1 already',
    ],
    ["no update", '{"L":1}\n', ":1: update:"],
    ["a text for a number", '{"update":1,"L":"NaN"}\n', ":1: L:"],
    ["nothing", "", "0 records: the file is empty"],
  ])("with %s is refused", async (_, content, message) => {
    const dir = written("run", content);
    await expect(read(dir)).rejects.toThrow(`${join(dir, "metrics.jsonl")}${message.startsWith(":") ? message : `: ${message}`}`);
  });

  test("is found in a model, in what an interrupted run left, and by itself; its absence is told", async () => {
    const dir = written("model.partial", good);
    expect((await read(join(dir, "metrics.jsonl"))).lines).toHaveLength(2);
    await expect(read(dir.replace(".partial", ""))).rejects.toThrow("model.partial is there, an unfinished run");
    await expect(read(tempDir())).rejects.toThrow("has no metrics.jsonl: nothing was trained there yet");
    await expect(read(join(tempDir(), "none"))).rejects.toThrow("no such file");
  });
});

describe("uniconv report curves", () => {
  test("averages the runs of a name, writes figure, table and CSV, and is done when run again; bad input has its exit code", async () => {
    const cwd = tempDir();
    for (const seed of [0, 1]) {
      mkdirSync(join(cwd, `seed-${seed}`));
      writeFileSync(join(cwd, `seed-${seed}/metrics.jsonl`), text([8, 16].map((update) => ({ update, L: 4 / update + seed, L_R: 1 }))));
    }
    const args = ["report", "curves", "ours=seed-0", "ours=seed-1", "--output", "drawn", "--metric", "L"];
    const first = await runCli(args, { cwd });
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toContain("1.000 [0.5000, 1.500] at 8");
    expect(first.stdout).toContain("drawn is written.");
    expect(readdirSync(join(cwd, "drawn")).sort()).toEqual(["curves.csv", "curves.md", "curves.svg", "curves.vl.json", "manifest.json"]);
    expect(readFileSync(join(cwd, "drawn/curves.csv"), "utf8")).toBe(
      "name,metric,update,runs,mean,low,high\r\nours,L,8,2,1,0.5,1.5\r\nours,L,16,2,0.75,0.25,1.25\r\n",
    );
    const again = await runCli([...args, "--json"], { cwd });
    expect(JSON.parse(again.stdout)).toMatchObject({
      result: { status: "done", curves: [{ name: "ours", metric: "L", runs: 2, points: [{ update: 8, low: 0.5 }, {}] }] },
    });
    writeFileSync(join(cwd, "seed-1/metrics.jsonl"), '{"update":10,"L":1}\n{"update":20,"L":\n{"update":30,"L":1}\n');
    const bad = await runCli(args, { cwd });
    expect(bad).toMatchObject({ code: 3, stdout: "" });
    expect(bad.stderr).toMatch(/^error: seed-1\/metrics\.jsonl:2: /);
    const dry = await runCli(["report", "curves", "ours=seed-0", "ours=seed-2", "--output", "x", "--dry-run"], { cwd });
    expect(dry).toMatchObject({ code: 3, stderr: "error: seed-2: no such file or directory\n" });
    const usage = await runCli(["report", "curve", "seed-0", "--output", "x"], { cwd });
    expect(usage.code).toBe(2);
    expect(usage.stderr).toContain('did you mean "curves"?');
    expect((await runCli(["report", "curves", "--output", "x"], { cwd })).code).toBe(2);
  });
});

/** @file `report figures`: what evaluate drew, drawn again from what it stored; several evaluations over each other or dataset by dataset. */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { reportFigures } from "../../src/evaluate/report-figures.ts";
import { ReportOptions } from "../../src/schema/options/report.ts";
import { silentReporter } from "../../src/util/reporter.ts";
import { runCli } from "../cli/run-cli.ts";
import { readSvg } from "../helpers/svg.ts";
import * as suiteWorld from "./suite-world.ts";
import { check, prepared, responses, root, run, turn } from "./world.ts";

let made = 0;
const place = (): string => join(root, `figures-${made++}`);

async function draw(paths: readonly string[], more: Record<string, unknown> = {}) {
  const warnings: string[] = [];
  const reporter = { ...silentReporter, warn: (message: string) => warnings.push(message) };
  const options = ReportOptions.parse({ what: "figures", paths, output: place(), ...more });
  const { dir, figures, status } = await reportFigures(options, { reporter, signal: new AbortController().signal });
  const spec = (name: string) =>
    JSON.parse(readFileSync(join(dir, `${name}.vl.json`), "utf8")) as {
      title: { text: string[]; subtitle: string[] };
      data: { values: Record<string, unknown>[] };
    };
  return { dir, names: figures.map(({ name }) => name), status, warnings, spec };
}

const input = await prepared();
const [good, poor] = [await run({ a: ["p1"], b: ["p2", "p3"] }), await run({ a: ["p9", "p1"], b: ["p9"] })];
const answers = await responses({ a: "a cat", b: "no" });

/** An evaluation of both runs. */
async function evaluated(more: Record<string, unknown> = {}): Promise<{ output: string }> {
  const output = place();
  const given = {
    input,
    run: [`good=${good}`, `poor=${poor}`],
    responses: [`good=${answers}`],
    by: ["turn"],
    bootstrap: 50,
    permutations: 50,
  };
  await check({ ...given, ...more, output });
  return { output };
}
const files = (dir: string): string[] =>
  readdirSync(dir)
    .filter((name) => name !== "manifest.json")
    .sort();

describe("report figures", () => {
  test("draws from a stored evaluation, to the byte, what evaluate drew", async () => {
    const drawn = place();
    const { output } = await evaluated({ report: [`figures=${drawn}`] });
    const again = await draw([output]);
    expect(again.names).toEqual(["scores", "by-turn", "retrieval-answers", "differences", "wins"]);
    expect(files(again.dir)).toEqual(files(drawn));
    for (const name of files(drawn))
      expect([name, readFileSync(join(again.dir, name), "utf8")]).toEqual([name, readFileSync(join(drawn, name), "utf8")]);
    for (const name of files(drawn).filter((file) => file.endsWith(".svg"))) readSvg(readFileSync(join(drawn, name), "utf8"));
  });

  test("lays evaluations of the same turns over each other, by the names they are given, the added baseline once", async () => {
    const one = await evaluated({ run: [good], responses: [answers] });
    const two = await evaluated({ run: [poor], responses: [] });
    const { spec, names } = await draw([`ours=${one.output}`, `theirs=${two.output}`]);
    const systems = new Set(spec("scores").data.values.map(({ system }) => system));
    expect([...systems]).toEqual(["ours", "lead", "theirs"]);
    expect(spec("differences").title.subtitle.join(" ")).toContain("theirs minus ours");
    expect(names).toContain("wins");
    const other = await draw([`ours=${one.output}`, `theirs=${two.output}`], { baseline: "theirs", metric: ["nDCG@3"] });
    expect(other.spec("differences").title.subtitle.join(" ")).toContain("ours minus theirs");
    expect(new Set(other.spec("scores").data.values.map(({ panel }) => panel)).size).toBe(1);
    expect(other.names).not.toContain("retrieval-answers");
    await expect(draw([one.output], { baseline: "nobody" })).rejects.toThrow("--baseline nobody names no system; there are ");
    await expect(draw([one.output], { metric: ["nDCG@99"] })).rejects.toThrow("--metric nDCG@99: the evaluation has nDCG@3");
    await expect(draw([`a=${one.output}`, `a=${two.output}`])).rejects.toThrow('two evaluations are named "a"');
  });

  test("tells systems of the same name apart by their evaluations", async () => {
    const [one, two] = [await evaluated(), await evaluated({ averaging: "intersection" })];
    const { spec } = await draw([`first=${one.output}`, `second=${two.output}`]);
    expect([...new Set(spec("scores").data.values.map(({ system }) => system))]).toEqual([
      "first: good",
      "first: poor",
      "lead",
      "second: good",
      "second: poor",
    ]);
  });

  test("takes evaluations that share no turn for datasets: a panel each, and their own figures under their names", async () => {
    const one = await evaluated();
    const turns = [turn("x", "test", ["a cat"]), turn("y", "test", ["birds"])];
    const elsewhere = await prepared({ turns, qrels: "x\t0\tp1\t1\ny\t0\tp2\t1\n" });
    const two = await evaluated({ input: elsewhere, run: [`good=${await run({ x: ["p1"], y: ["p9"] })}`], responses: [] });
    const { names, spec } = await draw([`TopiOCQA=${one.output}`, `Q & R=${two.output}`]);
    expect(names).toEqual([
      "scores",
      "topiocqa-by-turn",
      "topiocqa-retrieval-answers",
      "topiocqa-differences",
      "topiocqa-wins",
      "q-r-by-turn",
    ]);
    expect(spec("scores").title.text).toEqual(["Scores by dataset and system"]);
    expect(JSON.stringify(spec("scores"))).toContain("TopiOCQA: nDCG@3");
    expect(spec("q-r-by-turn").title.text).toEqual(["Q & R: Scores by turn"]);
    const forced = await draw([`a=${one.output}`, `b=${two.output}`], { several: "systems" });
    expect(forced.names).toContain("scores");
    expect(forced.names).not.toContain("a-wins");
  });

  test("draws a suite by its datasets, and a suite over another by the systems of each dataset", async () => {
    const output = place();
    await suiteWorld.check({ suite: suiteWorld.suiteFile(), root: await suiteWorld.world(), output, bootstrap: 50, permutations: 50 });
    const { names, spec } = await draw([output]);
    expect(names).toEqual(expect.arrayContaining(["scores", "topiocqa-differences", "qrecc-wins"]));
    const titles = JSON.stringify(spec("scores"));
    for (const title of ["topiocqa: nDCG@3", "topiocqa: F1", "qrecc: nDCG@3"]) expect(titles).toContain(title);
    const copy = place();
    cpSync(output, copy, { recursive: true });
    const both = await draw([`old=${output}`, `new=${copy}`], { metric: ["F1"] });
    expect([...new Set(both.spec("scores").data.values.map(({ system }) => system))]).toEqual(
      expect.arrayContaining(["old: good", "new: good"]),
    );
    expect(JSON.stringify(both.spec("scores"))).not.toContain("nDCG@3");
    const { output: single } = await evaluated();
    await expect(draw([output, single])).rejects.toThrow("is no suite, as others are");
  });

  test("draws what metrics.json alone has, and says what is missing", async () => {
    const { output } = await evaluated();
    const alone = place();
    cpSync(join(output, "metrics.json"), join(alone, "metrics.json"));
    const { names, warnings } = await draw([join(alone, "metrics.json")]);
    expect(names).toEqual(["scores", "by-turn"]);
    expect(warnings).toEqual([expect.stringContaining("there is no scores.jsonl beside it")]);
  });

  test("refuses what is no evaluation, or was changed, with exit code 3 and the file", async () => {
    const { output } = await evaluated();
    const cli = (...args: string[]) => runCli(["report", "figures", ...args, "--output", place()], { cwd: root });
    expect(await cli(join(root, "nothing.json"))).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("nothing.json: no such file") as string,
    });
    expect(await cli(input)).toMatchObject({ code: 3, stderr: expect.stringContaining('holds the artifact "prepared"') as string });
    writeFileSync(join(output, "scores.jsonl"), "{}\n");
    expect(await cli(output)).toMatchObject({ code: 3, stderr: expect.stringContaining("scores.jsonl: ") as string });
    const bad = place();
    cpSync(join(output, "metrics.json"), join(bad, "metrics.json"));
    writeFileSync(join(bad, "scores.jsonl"), '{"system":"good","turn":"a","metric":"F1","score":1}\n{"system":"good"}\n');
    const { code, stderr } = await cli(join(bad, "metrics.json"));
    expect([code, stderr]).toEqual([3, expect.stringMatching(/scores\.jsonl:2: turn: /)]);
    rmSync(bad, { recursive: true });
  });
});

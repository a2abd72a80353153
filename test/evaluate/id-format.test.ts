/** @file Runs, judgements, answers and groups of turns whose ids are other groups'. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { needs } from "../helpers/shared-data.ts";
import { prepare } from "../prepare/prepared.ts";
import { cell, check, prepared, root, run, turn } from "./world.ts";

afterAll(() => rmSync(root, { recursive: true }));

let written = 0;
function file(content: string, ending = ".trec"): string {
  const path = join(root, `foreign${written++}${ending}`);
  writeFileSync(path, content);
  return path;
}

/** Two turns of a conversation whose name holds every separator, one of another. */
const ids = ["a b_c-d_1", "a b_c-d_2", "7_1"];
const qrels = ids.map((id) => `${id}\t0\tp1\t1\n`).join("");
let input: string;
let ourRun: string;
beforeAll(async () => {
  input = await prepared({ turns: ids.map((id) => turn(id, "test", ["a cat"])), qrels });
  ourRun = await run({ [ids[0]!]: ["p1"], [ids[1]!]: ["p9", "p1"], [ids[2]!]: ["p9"] });
});

const lines = (names: readonly string[]): string =>
  `${names[0]}\tQ0\tp1\t1\t2\tt\n${names[1]}\tQ0\tp9\t1\t2\tt\n${names[1]}\tQ0\tp1\t2\t1\tt\n${names[2]}\tQ0\tp9\t1\t2\tt\n`;
const dashed = ["a b_c-d-1", "a b_c-d-2", "7-1"];
const answer = (id: string): string =>
  `${JSON.stringify({ turn: id, response: "a cat", mode: "rag", passages: [], prompt_tokens: 1, new_tokens: 1, finish: "eos" })}\n`;

describe("evaluate --id-format", () => {
  it("gives a foreign run the scores of the same run under our ids, says by which rule, and counts the turns", async () => {
    const path = file(lines(dashed));
    const foreign = await check({ input, run: [`x=${path}`], id_format: ["{conversation}-{turn}"] });
    const own = await check({ input, run: [`x=${ourRun}`] });
    expect(foreign.evaluation.systems).toEqual(own.evaluation.systems);
    expect(cell(foreign, "x", "RR")!.value).toBe(0.5);
    expect(foreign.evaluation.protocol["turn ids"]).toBe(`${path}: {conversation}-{turn} (3 turns)`);
    expect(foreign.said).toContain(`info: turn ids of ${path}: {conversation}-{turn} (3 turns)`);
    expect(own.evaluation.protocol).not.toHaveProperty("turn ids");
  });

  it("leaves a folder of ours alone, and reads judgements, answers and run.jsonl by the same rule", async () => {
    const judged = file(dashed.map((id) => `${id}\t0\tp9\t1\n`).join(""), ".tsv");
    const both = await check({ input, qrels: judged, run: [`x=${ourRun}`], id_format: ["retpo"], metric: ["RR"] });
    expect(cell(both, "x", "RR")!.value).toBeCloseTo(2 / 3, 12);
    const zeroed = [...ids].map((id) => id.replace(/\d$/, (n) => String(Number(n) - 1)));
    const answers = await check({ input, responses: [`x=${file(zeroed.map(answer).join(""), ".jsonl")}`], id_format: ["responses=zero"] });
    expect(cell(answers, "x", "F1")).toMatchObject({ value: 1, n: 3 });
    const jsonl = dashed.map((id) => `${JSON.stringify({ turn: id, passages: [{ id: "p1", score: 1 }] })}\n`).join("");
    const ranked = await check({ input, run: [`x=${file(jsonl, ".jsonl")}`], id_format: ["run=retpo"], metric: ["RR"] });
    expect(cell(ranked, "x", "RR")!.value).toBe(1);
  });

  it("finds the rule by itself with auto, file by file, and changes nothing where the ids are ours", async () => {
    const path = file(lines(dashed));
    const own = file(lines(ids));
    const { evaluation } = await check({ input, run: [`x=${path}`, `y=${own}`], id_format: ["auto"] });
    expect(evaluation.protocol["turn ids"]).toBe(`${path}: {conversation}-{turn} (3 turns)`);
    expect(evaluation.systems[0]!.cells).toEqual(evaluation.systems[1]!.cells);
  });

  it("names the rule in the error when the ids share nothing", async () => {
    await expect(check({ input, run: [file(lines(dashed))] })).rejects.toThrow(
      "they look like {conversation}-{turn}: add --id-format 'run={conversation}-{turn}'",
    );
    const judged = file(dashed.map((id) => `${id}\t0\tp9\t1\n`).join(""), ".tsv");
    await expect(check({ input, qrels: judged, run: [ourRun] })).rejects.toThrow("add --id-format 'qrels={conversation}-{turn}'");
    await expect(check({ qrels: judged, run: [ourRun] })).rejects.toThrow("add --id-format 'qrels={conversation}-{turn}'");
    await expect(check({ qrels: file(qrels, ".tsv"), run: [file(lines(["x", "y", "z"]))] })).rejects.toThrow("the ids must be the same");
  });

  it("refuses with file and line an id that does not fit, and two ids of one turn", async () => {
    const path = file(lines(["a b_c-d-1", "a b_c-d_2", "7-1"]));
    await expect(check({ input, run: [path], id_format: ["retpo"] })).rejects.toMatchObject({ exitCode: 3, file: path, line: 2 });
    const twice = file(lines(["QReCC-Test_7_1", "QReCC-Dev_7_1", "QReCC-Test_7_2"]));
    await expect(check({ input, run: [twice], id_format: ["qrecc"] })).rejects.toThrow('are both the turn "7_1"');
    const answers = file(`\n${answer("7-1")}${answer("7_1")}`, ".jsonl");
    await expect(check({ input, responses: [answers], id_format: ["retpo"] })).rejects.toMatchObject({
      exitCode: 3,
      file: answers,
      line: 3,
    });
  });

  it("refuses a rule that no file is read by, two rules for one kind, and auto without turns to arrive at", async () => {
    await expect(check({ input, run: [ourRun], id_format: ["retpo"] })).rejects.toThrow("no file was read by it");
    const path = file(lines(dashed));
    await expect(check({ input, run: [path], id_format: ["run=retpo", "run=zero"] })).rejects.toThrow("there is one for run already");
    await expect(check({ qrels: path, run: [path], id_format: ["auto"] })).rejects.toMatchObject({ exitCode: 2 });
  });
});

it("a run whose passages are another collection's is scored 0, with a warning and an example", async () => {
  const foreign = await check({ input, run: [`x=${await run({ [ids[0]!]: [], [ids[1]!]: ["12", "13"], [ids[2]!]: ["p9"] })}`] });
  expect(cell(foreign, "x", "RR")!.value).toBe(0);
  expect(foreign.said).toContain(
    `warn: x ranks no passage that is judged, on any turn: at a b_c-d_2 it ranks "12", judged is "p1". Are both of one collection?`,
  );
  expect((await check({ input, run: [ourRun] })).said.join("\n")).not.toContain("one collection");
});

describe("evaluate --by FILE.json", () => {
  it("groups turns as the file says, a turn in several groups too, and those it does not name apart", async () => {
    const groups = file(JSON.stringify({ first: ["a b_c-d-1", "7-1"], odd: ["7-1"] }), ".json");
    const { evaluation } = await check({ input, run: [`x=${ourRun}`], metric: ["RR"], by: [groups], id_format: ["by=retpo"] });
    expect(evaluation.breakdowns[0]!.groups.map(({ group, cells }) => [group, cells[0]!.value, cells[0]!.n])).toEqual([
      ["(none)", 0.5, 1],
      ["first", 0.5, 2],
      ["odd", 0, 1],
    ]);
    await expect(check({ input, run: [ourRun], by: [groups] })).rejects.toThrow("add --id-format 'by={conversation}-{turn}'");
    await expect(check({ input, run: [ourRun], by: [file('{"a": "7_1"}', ".json")] })).rejects.toThrow("expected a list of turn ids");
  });

  it("needs no prepared folder: the file says all there is to know of a turn", async () => {
    const judgements = file(lines(ids).replace(/\tQ0\t(\S+)\t.*/g, "\t0\t$1\t1"), ".tsv");
    const groups = file(JSON.stringify({ first: [ids[0], ids[2], "in no judgement"] }), ".json");
    const { evaluation } = await check({ qrels: judgements, run: [`x=${ourRun}`], metric: ["RR"], by: [groups] });
    expect(evaluation.breakdowns[0]!.groups.map(({ group, cells }) => [group, cells[0]!.n])).toEqual([
      ["(none)", 1],
      ["first", 2],
    ]);
    await expect(check({ qrels: judgements, run: [ourRun], by: [groups, "turn"] })).rejects.toThrow(
      "--by turn needs --input PREPARED: a qrels file knows nothing of its turns. Without one, --by takes a file",
    );
  });
});

const renumbered = needs("topiocqa", "topiocqa_dev_renumbered.json.gz");
const published = needs("topiocqa", "qrels_retpo", "dev_gold.trec");
const types = needs("topiocqa", "qrels_retpo", "dev_type.json");

describe.skipIf(renumbered.absent)(renumbered.title("TopiOCQA dev"), () => {
  it("is judged by the published file as by its own, and grouped by the published turn types as by our topic shifts", async () => {
    const { output, qrels: own, turns } = await prepare({ dataset: "topiocqa", input: [renumbered.path], split: "dev" });
    // A run that finds every second gold passage at rank 2.
    const ranked = own.map(
      ([id, , passage], i) => `${id}\tQ0\t${i % 2 === 0 ? passage : "x"}\t1\t1\tt\n${id}\tQ0\t${i % 2 === 0 ? "x" : passage}\t2\t0.5\tt\n`,
    );
    const path = file(ranked.join(""));
    const options = { input: output, run: [`x=${path}`], metric: ["RR"], bootstrap: 0 };
    const plain = await check({ ...options, by: ["topic_shift"] });
    const foreign = await check({ ...options, qrels: published.path, by: [types.path], id_format: ["qrels=retpo", "by=retpo"] });
    expect(foreign.evaluation.systems).toEqual(plain.evaluation.systems);
    expect(foreign.evaluation.breakdowns[0]!.groups.map(({ group, cells }) => [group, cells[0]!.n])).toEqual([
      ["1st", 205],
      ["tc", 1637],
      ["ts", 672],
    ]);
    expect(plain.evaluation.breakdowns[0]!.groups.map(({ group, cells }) => [group, cells[0]!.n])).toEqual([
      ["continue", 1637],
      ["first", 205],
      ["switch", 672],
    ]);
    // Two unanswerable turns open a new article, which only the texts of the final release can tell: each differs, and so does the turn behind it.
    const theirs = JSON.parse(readFileSync(types.path, "utf8")) as Record<string, string[]>;
    const names = { "1st": "first", tc: "continue", ts: "switch" };
    const shift = new Map(
      Object.entries(names).flatMap(([kind, name]) => theirs[kind]!.map((id) => [id.replace("-", "_"), name] as const)),
    );
    const differing = turns.filter(({ id, tags }) => tags["topic_shift"] !== shift.get(id)).map(({ id }) => id);
    expect(differing.sort()).toEqual(["151_11", "151_12", "73_8", "73_9"]);
    expect(foreign.evaluation.protocol["turn ids"]).toContain("(2514 turns)");
  });
});

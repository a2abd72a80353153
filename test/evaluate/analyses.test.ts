/** @file Scores by group of turns, and retrieval against answers. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { breakdownTable } from "../../src/report/breakdown-table.ts";
import { consistency } from "../../src/evaluate/consistency.ts";
import { check, prepared, responses, root, run, turn } from "./world.ts";

afterAll(() => rmSync(root, { recursive: true }));

let input: string;
let good: string;
beforeAll(async () => {
  input = await prepared();
  good = await run({ a: ["p9", "p1"], b: ["p2", "p3"] });
});

describe("analyses", () => {
  const turns = async () =>
    prepared({
      turns: [
        { ...turn("a", "test", ["a cat", "the dog"]), turn: 1, tags: { shift: "first" } },
        { ...turn("b", "test", ["two birds"]), turn: 10, history: [{ question: "q", response: "r" }], tags: { shift: "switch" } },
        { ...turn("c", "test", []), turn: 2, tags: {} },
      ],
    });

  it("give the scores by turn number, in the order of numbers, by history and by tag", async () => {
    const { evaluation } = await check({ input: await turns(), run: [`x=${good}`], metric: ["RR"], by: ["turn", "history", "shift"] });
    const shown = evaluation.breakdowns.map(({ by, groups }) => [
      by,
      groups.map(({ group, cells }) => [group, cells[0]!.value, cells[0]!.n]),
    ]);
    expect(shown).toEqual([
      [
        "turn",
        [
          ["1", 0.5, 1],
          ["10", 1, 1],
        ],
      ],
      [
        "history",
        [
          ["0", 0.5, 1],
          ["1", 1, 1],
        ],
      ],
      [
        "shift",
        [
          ["first", 0.5, 1],
          ["switch", 1, 1],
        ],
      ],
    ]);
    await expect(check({ input: await turns(), run: [good], by: ["shfit"] })).rejects.toThrow(
      "--by shfit: the turns can be grouped by turn, history, shift",
    );
    await expect(check({ qrels: join(input, "qrels.tsv"), run: [good], by: ["turn"] })).rejects.toMatchObject({ exitCode: 2 });
  });

  it("say which turns were counted: those with judgements, references and evidence are others", async () => {
    const [a, b, c] = [turn("a", "test", ["a cat"]), turn("b", "test", ["two birds"]), turn("c", "test", [])];
    const folder = await prepared({ turns: [{ ...a, evidence: ["a grey cat"] }, b, c] });
    const options = { input: folder, run: [`x=${good}`], responses: [`x=${await responses({ a: "cat", b: "birds" })}`] };
    const { evaluation } = await check({ ...options, metric: ["RR", "F1", "Evidence-F1"], by: ["turn"] });
    const said = { "turns with references": 2, "turns with evidence": 1 };
    expect(evaluation.protocol).toMatchObject(said);
    const [group] = evaluation.breakdowns;
    expect(breakdownTable(group!, { intervals: false }).notes).toEqual(["turns 2/1: 2 of RR, F1; 1 of Evidence-F1"]);
    const alike = await check({ ...options, metric: ["RR", "F1"], by: ["turn"] });
    expect(alike.evaluation.protocol).not.toHaveProperty("turns with evidence");
    expect(breakdownTable(alike.evaluation.breakdowns[0]!, { intervals: false }).notes).toEqual([]);
  });

  it("set retrieval against answers where a system has both", async () => {
    const answers = await responses({ a: "fish", b: "two birds" });
    const found = await run({ a: ["p9"], b: ["p2"] });
    const { evaluation } = await check({ input, run: [`x=${found}`], responses: [`x=${answers}`], metric: ["nDCG@3", "F1"] });
    expect(evaluation.consistency).toMatchObject([
      { system: "x", retrieval: "nDCG@3", answer: "F1", n: 2, pearson: 1, answer_where_found: 1, answer_where_missed: 0 },
    ]);
    expect(evaluation.consistency[0]!.quadrants).toEqual({ found_and_good: 1, found_and_poor: 0, missed_and_good: 0, missed_and_poor: 1 });
    expect((await check({ input, run: [good] })).evaluation.consistency).toEqual([]);
  });

  it("correlate as scipy's pearsonr and spearmanr do", () => {
    const x = [1, 0.5, 0, 0.63, 0, 1, 0.5];
    const y = [0.9, 0.4, 0.5, 0.4, 0, 0.2, 1];
    const names = x.map((_, at) => `t${at}`);
    const scored = [
      { over: "judged turns" as const, turns: names, scores: new Map([["R", Float64Array.from(x)]]) },
      { over: "referenced turns" as const, turns: names, scores: new Map([["A", Float64Array.from(y)]]) },
    ];
    const found = consistency("s", scored, { retrieval: "R", answer: "A" })!;
    expect(found.pearson).toBeCloseTo(0.32712823128779867, 12);
    expect(found.spearman).toBeCloseTo(0.12039101531870337, 12);
  });
});

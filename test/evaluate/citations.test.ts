/** @file What answers cite: markers read, judged by the qrels, and words or not where texts are compared. Expected values worked out by hand. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { citedNumbers, withoutCitations } from "../../eval/text/citations.ts";
import { loadRagPrompt } from "../../src/text/rag-prompt.ts";
import { promptPath } from "../../src/text/from-settings.ts";
import { check, prepared, root, turn } from "./world.ts";

afterAll(() => rmSync(root, { recursive: true }));

describe("a citation marker", () => {
  it.each<[string, number[], number, string]>([
    ["cats [1] purr [3].", [1, 3], 0, "cats purr."],
    ["cats [1][2]", [1, 2], 0, "cats"],
    ["cats[2, 1;3]", [1, 2, 3], 0, "cats"],
    ["cats [ 1 - 3 ] purr", [1, 2, 3], 0, "cats purr"],
    ["cats [3–2]", [2, 3], 0, "cats"],
    ["the same twice [2] and again [2]", [2], 0, "the same twice and again"],
    ["beyond the prompt [4], and [0]", [], 2, "beyond the prompt, and"],
    ["a range that leaves it [3-9] [9]", [3], 2, "a range that leaves it"],
    ["the same wrong one [7][7]", [], 1, "the same wrong one"],
    ["no marker: [2019], [x], [1, x], 1, (1), [-1], [1.5]", [], 0, "no marker: [2019], [x], [1, x], 1, (1), [-1], [1.5]"],
  ])("%s", (answer, within, beyond, bare) => {
    expect(citedNumbers(answer, 3)).toEqual({ within, beyond });
    expect(withoutCitations(answer)).toBe(bare);
  });

  it("is gone after one removal, and takes nothing else with it", () => {
    const text = fc.array(fc.constantFrom("a", " ", "[", "]", "1", "[2]", "[1, 3]", "[1-2]", "-", ",", "\n"), { maxLength: 12 });
    fc.assert(
      fc.property(text, (parts) => {
        const bare = withoutCitations(parts.join(""));
        const letters = (word: string): string => word.replace(/[^a]/g, "");
        expect(letters(bare)).toBe(letters(parts.join("")));
        const { within, beyond } = citedNumbers(parts.join(""), 3);
        if (within.length + beyond === 0) expect(bare).toBe(parts.join(""));
      }),
    );
  });
});

/** Judgements: a → p1; b → p2, p3 and p9 (not relevant); c → p4 with grade 2. */
const input = await prepared({
  turns: [turn("a", "test", ["a cat"]), turn("b", "test", ["two birds"]), turn("c", "test", ["one dog"])],
  qrels: "a\t0\tp1\t1\nb\t0\tp2\t1\nb\t0\tp3\t1\nb\t0\tp9\t0\nc\t0\tp4\t2\n",
});

function answers(name: string, records: readonly object[]): string {
  const path = join(root, `${name}.jsonl`);
  writeFileSync(path, records.map((record) => `${JSON.stringify(record)}\n`).join(""));
  return path;
}

const metric = ["Citation-P", "Citation-R", "F1"];
const mixed = answers("mixed", [
  { turn: "a", response: "a cat [1][2]", passages: ["p1", "p2"] }, // right 1 of 2 cited; 1 of 1 relevant
  { turn: "b", response: "two birds [1-3]", passages: ["p3", "p9"] }, // right 1 of 3, the third is no passage; 1 of 2 relevant
  { turn: "c", response: "one dog", passages: ["p4"] }, // cites nothing
]);

describe("evaluate of answers that cite", () => {
  it("judges the cited passages, takes a number without a passage for wrong, and says how many answers cite", async () => {
    const { evaluation, said } = await check({ input, responses: [mixed], metric });
    expect(evaluation.systems[0]!.cells).toMatchObject([
      { metric: "F1", value: expect.closeTo((2 / 3 + 4 / 5 + 1) / 3, 12) as number, n: 3 },
      { metric: "Citation-P", value: (1 / 2 + 1 / 3 + 0) / 3, n: 3 },
      { metric: "Citation-R", value: (1 + 1 / 2 + 0) / 3, n: 3 },
    ]);
    expect(evaluation.protocol).toMatchObject({
      "answers that cite": "2 of 3",
      "citation markers": "compared as words",
      "relevance level": 1,
    });
    expect(said).toContainEqual(`warn: ${mixed}: 1 citation points to no passage of the prompt; counted as wrong`);
  });

  it("counts by --relevance-level", async () => {
    const cited = answers("graded", [{ turn: "c", response: "one dog [1]", passages: ["p4"] }]);
    const graded = await check({ input, responses: [cited], metric, relevance_level: 2 });
    expect(graded.evaluation.systems[0]!.cells.slice(1)).toMatchObject([{ value: 1 / 3 }, { value: 1 / 3 }]);
    const higher = await check({ input, responses: [cited], metric, relevance_level: 3 });
    expect(higher.evaluation.systems[0]!.cells.slice(1)).toMatchObject([{ value: 0 }, { value: 0 }]);
  });

  const hint = `info: ${mixed}: 2 of 3 answers hold citation markers such as [1]; --citations strip leaves them out before comparing with texts`;

  it("compares markers as words, as other scorers do, and says how they are left out", async () => {
    const { evaluation, said } = await check({ input, responses: [mixed], metric: ["F1"] });
    // "cat 12" for "cat", "two birds 13" for "two birds": an article gone, two brackets gone, the numbers are one word.
    expect(evaluation.systems[0]!.cells[0]!.value).toBeCloseTo((2 / 3 + 4 / 5 + 1) / 3, 12);
    expect(evaluation.protocol).toMatchObject({ "citation markers": "compared as words" });
    expect(said.filter((line) => line.includes("--citations"))).toEqual([hint]);
  });

  it("leaves them out with --citations strip, but not where an answer was given no passages", async () => {
    const { evaluation, said } = await check({ input, responses: [mixed], metric: ["F1"], citations: "strip" });
    expect(evaluation.systems[0]!.cells[0]!.value).toBe(1);
    expect(evaluation.protocol).toMatchObject({ "citation markers": "left out before comparing" });
    expect(said.join("\n")).not.toContain("--citations");
    const bare = answers("zero-shot", [{ turn: "b", response: "two birds [1]" }]);
    const zeroShot = await check({ input, responses: [bare], metric: ["F1"], citations: "strip" });
    expect(zeroShot.evaluation.systems[0]!.cells[0]!.value).toBeCloseTo(4 / 5 / 3, 12);
    expect(zeroShot.evaluation.protocol).not.toHaveProperty("answers that cite");
  });

  it("says nothing of markers where no text is compared, or no passages were given", async () => {
    const judged = await check({ input, responses: [mixed], metric: ["Citation-P"] });
    expect(judged.said.join("\n")).not.toContain("--citations");
    const bare = answers("unshown", [{ turn: "b", response: "two birds [1]" }]);
    expect((await check({ input, responses: [bare], metric: ["F1"] })).said.join("\n")).not.toContain("--citations");
  });

  it("takes the ids that a system names apart, in place of the markers", async () => {
    const named = answers("named", [
      { turn: "a", response: "a cat [1]", citations: ["p1"] }, // no passages named: the id is judged as it stands
      { turn: "b", response: "two birds [1]", passages: ["p2", "p9"], citations: ["p9", "p9", "p3"] }, // p3 was not shown
      { turn: "c", response: "one dog [1]", passages: ["p4"], citations: [] },
    ]);
    const { evaluation, said } = await check({ input, responses: [named], metric });
    expect(evaluation.systems[0]!.cells.slice(1)).toMatchObject([{ value: 1 / 3 }, { value: 1 / 3 }]);
    expect(said).toContainEqual(expect.stringContaining("1 citation points to no passage"));
  });

  it("has nothing to score where no answer cites, or nothing is judged", async () => {
    const silent = answers("silent", [{ turn: "a", response: "a cat", passages: ["p1"] }]);
    const { evaluation } = await check({ input, responses: [silent], metric: ["Citation-P"] });
    expect(evaluation.systems[0]!.cells).toMatchObject([{ value: null, reason: "no answer cites a passage" }]);
    const unjudged = await prepared({ turns: [turn("a", "test", ["a cat"])], qrels: "" });
    const nothing = await check({ input: unjudged, responses: [mixed], metric: ["Citation-R"] });
    expect(nothing.evaluation.systems[0]!.cells).toMatchObject([{ value: null, reason: "no passages are judged" }]);
  });
});

it("prompts/rag-cite.jinja asks for the markers that are read", () => {
  const asked = loadRagPrompt(promptPath("rag-cite"))
    .pieces(2)
    .map((piece) => ("text" in piece ? piece.text : `<${piece.slot}>`))
    .join("");
  expect(asked).toContain("cite");
  expect(citedNumbers(asked.split("\n")[0]!, 3).within).toEqual([1, 2, 3]);
  expect(asked).toMatch(/\[1\] ?<0>\n\[2\] ?<1>\n/);
});

/** @file Turn ids as other groups write them. */
import { describe, expect, it } from "vitest";
import { guessFormat, idFormat, TurnNames } from "../../src/util/turn-ids.ts";

const ours = (format: string, id: string): string | undefined => idFormat(format).ours(id);

describe("an id format", () => {
  it.each([
    ["retpo", "1-2", "1_2"],
    ["qrecc", "QReCC-Test_1_2", "1_2"],
    ["qrecc", "QReCC-Train_1077_12", "1077_12"],
    ["topiocqa", "TopiOCQA-Dev_1_2", "1_2"],
    ["inscit", "Inscit-Test-food_level1_dial24_17_3", "food_level1_dial24_3"],
    ["inscit", "Inscit-Test-a b-c_d_1_10", "a b-c_d_10"],
    ["or-quac", "C_2d211835213b45588ad5ca868ce7fabd_0_q#0", "C_2d211835213b45588ad5ca868ce7fabd_0_1"],
    ["zero", "81_0", "81_1"],
    ["query", "1048585", "1048585_1"],
    ["{conversation}-{turn}", "my-own talk_7-12", "my-own talk_7_12"],
    ["{turn}@{conversation}", "3@a@b", "a@b_3"],
    ["T{turn0}.C{conversation}", "T0.C(x)", "(x)_1"],
    ["run[{conversation}]$({turn})", "run[a|b]$(4)", "a|b_4"],
  ])("%s reads %s as %s", (format, id, expected) => {
    expect(ours(format, id)).toBe(expected);
  });

  it.each([
    ["retpo", "1_2"],
    ["qrecc", "1_2"],
    ["qrecc", "QReCC-Test_1_x"],
    ["{conversation}_{turn}", "81_0"],
    ["or-quac", "C_1_q#"],
  ])("%s does not fit %s", (format, id) => {
    expect(ours(format, id)).toBeUndefined();
  });

  it.each([
    ["ret-po", /did you mean retpo\?\): expected auto, none, retpo, qrecc/],
    ["{conversaton}_{turn}", /\{conversaton\} means nothing; there are \{conversation\}/],
    ["{turn}", /expected \{conversation\} once/],
    ["{conversation}_{turn}_{turn0}", /\{turn\} or \{turn0\} once/],
    ["{conversation}{turn}", /need something between them/],
  ])("refuses %s", (format, words) => {
    expect(() => idFormat(format)).toThrow(words);
    expect(() => idFormat(format)).toThrow(expect.objectContaining({ exitCode: 2 }) as Error);
  });
});

describe("the names of a file", () => {
  const names = (format: string, otherwise: "keep" | "refuse" = "refuse") =>
    new TurnNames({ file: "f.trec", formats: [idFormat(format)], otherwise });

  it("are read once each, and counted", () => {
    const read = names("retpo");
    expect(["1-1", "1-2", "1-1"].map((id) => read.ours(id))).toEqual(["1_1", "1_2", "1_1"]);
    expect([...read.counts]).toEqual([["{conversation}-{turn}", 2]]);
  });

  it("are refused with file and line where they do not fit, and where two would be one turn", () => {
    expect(() => names("retpo").ours("1_2", 7)).toThrow(expect.objectContaining({ exitCode: 3, file: "f.trec", line: 7 }) as Error);
    expect(() => names("{conversation}-{turn}").ours("1-0", 7)).toThrow("counts turns from 1; {turn0} counts from 0");
    const read = names("qrecc");
    read.ours("QReCC-Test_1_2", 1);
    expect(() => read.ours("QReCC-Dev_1_2", 4)).toThrow(/"QReCC-Dev_1_2" and "QReCC-Test_1_2" are both the turn "1_2"/);
  });

  it("are kept where readers of datasets meet ids that are ours already", () => {
    const read = names("qrecc", "keep");
    expect([read.ours("7_1"), read.ours("QReCC-Test_7_2")]).toEqual(["7_1", "7_2"]);
    expect(() => read.ours("QReCC-Test_7_1")).toThrow("both the turn");
  });
});

describe("guessing", () => {
  const turns = new Set(["1_1", "1_2", "2_1", "C_a_0_1"]);

  it("takes the format under which all ids fit and the most are turns", () => {
    expect(guessFormat(["1-1", "2-1", "9-1"], turns)?.template).toBe("{conversation}-{turn}");
    expect(guessFormat(["C_a_0_q#0"], turns)?.template).toBe("{conversation}_q#{turn0}");
    // 1_1 is a turn as it stands too, but then 1_0 would be none.
    expect(guessFormat(["1_0", "1_1", "2_0"], turns)?.template).toBe("{conversation}_{turn0}");
  });

  it("says nothing of ids that are ours, and of ids that fit nothing", () => {
    expect(guessFormat(["1_1", "1_2"], turns)).toBeUndefined();
    expect(guessFormat(["x", "y"], turns)).toBeUndefined();
    expect(guessFormat(["1-1", "1_2"], turns)).toBeUndefined();
  });
});

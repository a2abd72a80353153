/** @file Did you mean. */
import { describe, expect, test } from "vitest";
import { closest, editDistance } from "../../src/util/closest.ts";

describe("closest", () => {
  test("finds the name a slip was meant for", () => {
    const names = ["inscit", "topiocqa", "quickstart"];
    expect(closest("topicqa", names)).toBe("topiocqa");
    expect(closest("InsciT", names)).toBe("inscit");
    expect(closest("quikcstart", names)).toBe("quickstart");
  });

  test("is silent about what is far from every name", () => {
    expect(closest("msmarco", ["inscit", "topiocqa"])).toBeUndefined();
    expect(closest("x", ["inscit"])).toBeUndefined();
  });
});

test("editDistance counts insertions, deletions, replacements and swaps of neighbours as one each", () => {
  expect(["", "a", "ab", "ba", "abc", "xbc", "acb"].map((text) => editDistance("abc", text))).toEqual([3, 2, 1, 2, 0, 1, 1]);
});

/** @file Total orders: UTF-8 bytes, trec_eval's. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { byScoreThenId, compareBytes } from "../../src/util/sort.ts";

const string = fc.string({ unit: "binary" });

describe("compareBytes", () => {
  test("orders as the UTF-8 bytes do", () => {
    fc.assert(
      fc.property(fc.constantFrom("", "common "), string, string, (head, a, b) => {
        expect(Math.sign(compareBytes(head + a, head + b))).toBe(Buffer.compare(Buffer.from(head + a), Buffer.from(head + b)));
      }),
      { numRuns: 1000 },
    );
  });

  test("puts an emoji above U+FF5E, where JavaScript does not", () => {
    const strings = ["😀", "～", "é", "z", "10", "9", ""];
    expect(strings.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(["", "10", "9", "z", "é", "😀", "～"]);
    expect(strings.toSorted(compareBytes)).toEqual(["", "10", "9", "z", "é", "～", "😀"]);
  });
});

describe("byScoreThenId", () => {
  test("is trec_eval's order: score descending, then id descending by bytes", () => {
    const ranking = [
      { id: "a", score: 1 },
      { id: "b", score: 1 },
      { id: "～", score: 1 },
      { id: "😀", score: 1 },
      { id: "a", score: -0 },
      { id: "b", score: 0 },
      { id: "c", score: 1e-300 },
      { id: "d", score: 2 },
    ];
    expect(ranking.sort(byScoreThenId).map(({ id, score }) => `${id} ${score}`)).toEqual([
      "d 2",
      "😀 1",
      "～ 1",
      "b 1",
      "a 1",
      "c 1e-300",
      "b 0",
      "a 0",
    ]);
  });
});

/** @file Answer metrics beside Python's, on texts that Python and JavaScript see differently. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseMetrics } from "../../eval/registry.ts";
import { tokenOverlap } from "../../eval/text/squad.ts";
import { isAnswer } from "../../src/evaluate/scoring/score-responses.ts";

const cases = JSON.parse(readFileSync(join(import.meta.dirname, "golden/answers.json"), "utf8")) as [
  string,
  string,
  number,
  number,
  number,
][];
const metrics = (await chooseMetrics(["F1", "EM", "ROUGE-L"])).filter(isAnswer);

describe.each(metrics.map((chosen, i) => ({ name: chosen.label, column: i + 2, ...chosen })))("$name", ({ metric, column }) => {
  it(`is Python's on ${cases.length} pairs`, () => {
    for (const row of cases) {
      const [prediction, reference] = row;
      const score = metric.score({ prediction, references: [reference] }, Infinity, { multiReference: "max" });
      expect(Math.abs(score - (row[column] as number)), JSON.stringify([prediction, reference])).toBeLessThan(1e-12);
    }
  });
  it("is not all zeros and ones there", () => {
    expect(new Set(cases.map((row) => row[column])).size).toBeGreaterThan(column === 3 ? 1 : 20);
  });
});

describe("the tokens two texts share", () => {
  it("are as many however long the texts are", () => {
    const token = fc.constantFrom("a", "b", "c", "d", "eé");
    const texts = fc.oneof(fc.array(token, { maxLength: 12 }), fc.array(token, { minLength: 70, maxLength: 120 }));
    fc.assert(
      fc.property(texts, texts, (left, right) => {
        const times = (tokens: string[], wanted: string) => tokens.filter((one) => one === wanted).length;
        const shared = [...new Set(left)].reduce((sum, one) => sum + Math.min(times(left, one), times(right, one)), 0);
        expect(tokenOverlap(left, right)).toBe(shared);
      }),
      { numRuns: 200 },
    );
  });
});

/** @file What holds for every metric, whatever the ranking. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseMetrics } from "../../eval/registry.ts";
import { judge, UNJUDGED, type AnswerOptions } from "../../eval/metric.ts";
import { discountedGain } from "../../eval/ranking.ts";
import { isAnswer } from "../../src/evaluate/score-responses.ts";
import { isRetrieval, scoreRun } from "../../src/evaluate/score-run.ts";
import { RunTableBuilder, type RankedPassage } from "../../src/util/run-table.ts";

const retrieval = (
  await chooseMetrics([
    "nDCG",
    "nDCG@3",
    "R@10",
    "RR",
    "RR@10",
    "AP",
    "AP@5",
    "P@5",
    "Hit@5",
    "Bpref",
    "Rprec",
    "11pt_avg",
    "iprec_at_recall@0.5",
    "set_recall",
    "gm_map",
  ])
).filter(isRetrieval);
const CUT = 10;

/** Judged passages with grades, a ranking with scores (ties included), some of it unjudged. */
const turn = fc
  .record({
    judged: fc.dictionary(fc.constantFrom(..."abcdefgh"), fc.integer({ min: -1, max: 3 }), { minKeys: 1 }),
    ranking: fc.uniqueArray(fc.record({ id: fc.constantFrom(..."abcdefghijklmnop"), score: fc.integer({ min: 0, max: 3 }) }), {
      selector: ({ id }) => id,
      maxLength: 12,
    }),
    level: fc.integer({ min: 1, max: 2 }),
  })
  .map(({ judged, ...rest }) => ({ judged: new Map(Object.entries(judged)), ...rest }));

function scores(ranking: readonly RankedPassage[], judged: ReadonlyMap<string, number>, level: number): Record<string, number> {
  const builder = new RunTableBuilder("run");
  builder.turn("t");
  builder.addRanking("t", ranking, 1);
  const result = scoreRun(builder.finish(), {
    qrels: new Map([["t", new Map(judged)]]),
    turns: ["t"],
    metrics: retrieval,
    level,
    depth: Infinity,
  });
  return Object.fromEntries([...result.scores].map(([label, values]) => [label, values[0]!]));
}

describe("every retrieval metric", () => {
  it("lies between 0 and 1", () => {
    fc.assert(
      fc.property(turn, ({ ranking, judged, level }) => {
        for (const [label, score] of Object.entries(scores(ranking, judged, level))) {
          expect(score, label).toBeGreaterThanOrEqual(0);
          expect(score, label).toBeLessThanOrEqual(1 + 1e-12);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("does not care in which order a run lists its lines, ties included", () => {
    fc.assert(
      fc.property(turn, fc.infiniteStream(fc.nat()), ({ ranking, judged, level }, keys) => {
        const shuffled = ranking.map((passage) => ({ passage, key: keys.next().value as number })).sort((a, b) => a.key - b.key);
        expect(
          scores(
            shuffled.map(({ passage }) => passage),
            judged,
            level,
          ),
        ).toEqual(scores(ranking, judged, level));
      }),
      { numRuns: 300 },
    );
  });

  it("gives a perfect run 1 (P@5 where there are five to find)", () => {
    fc.assert(
      fc.property(turn, ({ judged, level }) => {
        const grades = [...judged].filter(([, grade]) => grade >= level);
        fc.pre(grades.length > 0);
        const best = [...judged].filter(([, grade]) => grade >= 0).map(([id, grade]) => ({ id, score: grade }));
        const result = scores(best, judged, level);
        for (const [label, score] of Object.entries(result)) {
          if (label === "AP@5" && grades.length > 5) continue;
          expect(score, label).toBeCloseTo(label === "P@5" ? Math.min(1, grades.length / 5) : 1, 12);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("gives 0 when nothing relevant is found", () => {
    fc.assert(
      fc.property(turn, ({ judged, level, ranking }) => {
        const useless = ranking.filter(({ id }) => (judged.get(id) ?? 0) <= 0);
        for (const [label, score] of Object.entries(scores(useless, judged, level))) expect(score, label).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it("does not change when an unjudged passage is added below the cut", () => {
    fc.assert(
      fc.property(turn, ({ ranking, judged, level }) => {
        const last = [...ranking, { id: "zz", score: -1 }];
        const before = scores(ranking, judged, level);
        const after = scores(last, judged, level);
        for (const { label, parameter } of retrieval)
          if (label !== "iprec_at_recall@0.5" && label !== "11pt_avg" && ranking.length >= Math.min(parameter, CUT))
            expect(after[label], label).toBe(before[label]);
      }),
      { numRuns: 300 },
    );
  });

  it("does not fall when a relevant passage moves up by one place", () => {
    fc.assert(
      fc.property(turn, fc.nat(), ({ ranking, judged, level }, pick) => {
        const order = ranking.map(({ id }, i) => ({ id, score: -i }));
        const places = order
          .map(({ id }, i) => ({ id, i }))
          .filter(({ id, i }) => i > 0 && (judged.get(id) ?? 0) >= level && (judged.get(order[i - 1]!.id) ?? 0) < level);
        fc.pre(places.length > 0);
        const { i } = places[pick % places.length]!;
        const moved = order.map(({ id }, place) => ({
          id: place === i ? order[i - 1]!.id : place === i - 1 ? order[i]!.id : id,
          score: -place,
        }));
        const before = scores(order, judged, level);
        for (const [label, score] of Object.entries(scores(moved, judged, level)))
          expect(score, label).toBeGreaterThanOrEqual(before[label]! - 1e-12);
      }),
      { numRuns: 500 },
    );
  });
});

describe("discounted gain", () => {
  it("divides by the binary logarithm of rank + 1: a base that nDCG itself would cancel out", () => {
    expect(discountedGain(Int32Array.of(1, UNJUDGED, 3, 0, 2), Infinity)).toBeCloseTo(1 + 3 / 2 + 2 / Math.log2(6), 12);
    expect(discountedGain(Int32Array.of(1, 0, 3), 2)).toBe(1);
  });
});

describe("judging", () => {
  it("counts relevant, nonrelevant and ideal grades; negative grades are no judgment", () => {
    const judged = judge(Int32Array.of(2, UNJUDGED), [2, 1, 0, -1, 3], 2);
    expect(judged).toMatchObject({ relevant: 2, nonrelevant: 2, level: 2 });
    expect([...judged.ideal]).toEqual([3, 2, 1]);
  });
});

const answers = (await chooseMetrics(["F1", "EM", "ROUGE-L"])).filter(isAnswer);
const words = fc.array(fc.constantFrom("the", "Cat", "dog.", "U.S.", "é", "bird"), { maxLength: 6 }).map((parts) => parts.join(" "));

describe.each(answers.map((chosen) => ({ name: chosen.label, ...chosen })))("$name", ({ metric }) => {
  const score = (prediction: string, references: string[], multiReference: AnswerOptions["multiReference"] = "max") =>
    metric.score({ prediction, references }, Infinity, { multiReference });

  it("lies between 0 and 1, and is 1 for the reference itself", () => {
    fc.assert(
      fc.property(words, words, (a, b) => {
        expect(score(a, [b])).toBeGreaterThanOrEqual(0);
        expect(score(a, [b])).toBeLessThanOrEqual(1);
        fc.pre(/[a-z0-9]/i.test(a));
        expect(score(a, [b, a])).toBe(1);
      }),
    );
  });

  it("combines references as told: the best, the first, or leave-one-out", () => {
    fc.assert(
      fc.property(words, fc.array(words, { minLength: 2, maxLength: 4 }), (prediction, references) => {
        const each = references.map((reference) => score(prediction, [reference]));
        expect(score(prediction, references)).toBe(Math.max(...each));
        expect(score(prediction, references, "first")).toBe(each[0]);
        const leftOut = each.map((_, out) => Math.max(...each.filter((__, i) => i !== out)));
        expect(score(prediction, references, "loo")).toBeCloseTo(leftOut.reduce((a, b) => a + b) / each.length, 12);
        expect(score(prediction, references.slice(0, 1), "loo")).toBe(each[0]);
      }),
    );
  });
});

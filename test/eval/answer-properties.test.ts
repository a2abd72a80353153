/** @file What holds for every answer metric of the registry, whatever the texts: a new metric is held to it too. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadMetrics } from "../../eval/registry.ts";
import { metricLabel, type AnswerMetric, type AnswerOptions } from "../../eval/metric.ts";

const metrics = (await loadMetrics())
  .filter((metric): metric is AnswerMetric => metric.kind === "answer")
  .flatMap((metric) =>
    (metric.parameter === "order" ? [1, 2, 3, 4] : [Infinity]).map((parameter) => ({
      name: metricLabel(metric, parameter),
      metric,
      parameter,
    })),
  );

const words = fc
  .array(fc.constantFrom("the", "Cat", "dog.", "U.S.", "é", "bird", "don't", "1,024", "(a)"), { maxLength: 7 })
  .map((parts) => parts.join(" "));
/** At least one word that every normalisation keeps. */
const telling = words.map((text) => `${text} bird cat fish dog`.trim());

describe("the registry", () => {
  it("holds the answer metrics of the field", () => {
    expect(metrics.map(({ name }) => name)).toEqual(expect.arrayContaining(["F1", "EM", "ROUGE-L", "BLEU-1", "BLEU-4", "Evidence-F1"]));
  });
});

describe.each(metrics)("$name", ({ name, metric, parameter }) => {
  const score = (prediction: string, references: readonly string[], multiReference: AnswerOptions["multiReference"] = "max") =>
    metric.score({ prediction, references }, parameter, { multiReference });

  it("lies between 0 and 1", () => {
    fc.assert(
      fc.property(words, fc.array(words, { minLength: 1, maxLength: 3 }), (prediction, references) => {
        fc.pre(metric.answerable?.(references) !== false);
        for (const how of ["max", "loo", "first"] as const) {
          expect(score(prediction, references, how)).toBeGreaterThanOrEqual(0);
          expect(score(prediction, references, how)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it("is 1 for the reference itself, and 0 for words of which it has none", () => {
    fc.assert(
      fc.property(telling, (text) => {
        expect(score(text, [text])).toBeCloseTo(1, 8);
        expect(score("elephant zebra lion tiger", [text])).toBeCloseTo(0, 8);
      }),
    );
  });

  it("does not care in which order the references stand", () => {
    fc.assert(
      fc.property(telling, fc.array(telling, { minLength: 2, maxLength: 4 }), (prediction, references) => {
        for (const how of ["max", "loo"] as const)
          expect(score(prediction, references.toReversed(), how)).toBeCloseTo(score(prediction, references, how), 12);
      }),
    );
  });

  // BLEU's length penalty and MS MARCO's ROUGE-L weigh the two sides differently, Knowledge-P asks one side only.
  it.skipIf(/BLEU|msmarco|-P$/.test(name))("is the same the other way round", () => {
    fc.assert(
      fc.property(words, words, (a, b) => {
        expect(score(a, [b])).toBeCloseTo(score(b, [a]), 12);
      }),
    );
  });
});

// Knowledge is one text, BLEU and MS MARCO's ROUGE-L have ways of their own with several references.
describe.each(metrics.filter(({ name, metric }) => metric.against === undefined && !/BLEU|msmarco/.test(name)))(
  "$name",
  ({ metric, parameter }) => {
    const score = (prediction: string, references: readonly string[], multiReference: AnswerOptions["multiReference"] = "max") =>
      metric.score({ prediction, references }, parameter, { multiReference });

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
  },
);

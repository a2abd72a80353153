/** @file What holds for every retrieval metric of the registry, at every cutoff, whatever the ranking: a new metric is held to it too. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadMetrics } from "../../eval/registry.ts";
import { judge, metricLabel, UNJUDGED, type RetrievalMetric } from "../../eval/metric.ts";
import { discountedGain } from "../../eval/ranking.ts";
import { scoreRun, type ChosenRetrievalMetric } from "../../src/evaluate/scoring/score-run.ts";
import { RunTableBuilder, type RankedPassage } from "../../src/util/run-table.ts";

const metrics = (await loadMetrics()).filter((metric): metric is RetrievalMetric => metric.kind === "retrieval");
const choose = (metric: RetrievalMetric, parameter: number): ChosenRetrievalMetric => ({
  metric,
  parameter,
  label: metricLabel(metric, parameter),
});
const PARAMETERS = {
  none: [Infinity],
  "optional-cutoff": [1, 3, 10, Infinity],
  cutoff: [1, 5, 10],
  order: [],
  "recall-point": [0, 0.5, 1],
} as const;

/** Shares and means; counts of passages and of turns are no scores. */
const scored = metrics
  .filter(({ aggregate }) => aggregate !== "sum")
  .flatMap((metric) => PARAMETERS[metric.parameter].map((parameter) => choose(metric, parameter)));
/** Everything, counts included. */
const all = metrics.flatMap((metric) => PARAMETERS[metric.parameter].map((parameter) => choose(metric, parameter)));
const hasCutoff = ({ metric }: ChosenRetrievalMetric): boolean => metric.parameter.endsWith("cutoff");

/** Judged passages with grades, a ranking with scores (ties included), some of it unjudged. */
const turn = fc
  .record({
    judged: fc.dictionary(fc.constantFrom(..."abcdefgh", "é", "\u{1f600}", "\uffee"), fc.integer({ min: -1, max: 4 }), { minKeys: 1 }),
    ranking: fc.uniqueArray(
      fc.record({ id: fc.constantFrom(..."abcdefghijklmnop", "é", "\u{1f600}", "\uffee"), score: fc.integer({ min: -2, max: 2 }) }),
      { selector: ({ id }) => id, maxLength: 14 },
    ),
    level: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ judged, ...rest }) => ({ judged: new Map(Object.entries(judged)), ...rest }));

interface Protocol {
  level: number;
  depth?: number;
  chosen?: readonly ChosenRetrievalMetric[];
}

function scores(
  ranking: readonly RankedPassage[],
  judged: ReadonlyMap<string, number>,
  { level, depth = Infinity, chosen = scored }: Protocol,
): Record<string, number> {
  const builder = new RunTableBuilder("run");
  builder.turn("t");
  builder.addRanking("t", ranking, 1);
  const result = scoreRun(builder.finish(), { qrels: new Map([["t", new Map(judged)]]), turns: ["t"], metrics: chosen, level, depth });
  return Object.fromEntries([...result.scores].map(([label, values]) => [label, values[0]!]));
}

/** As trec_eval sorts: score descending, then the bytes of the id descending. */
const inOrder = (ranking: readonly RankedPassage[]): RankedPassage[] =>
  [...ranking].sort((a, b) => b.score - a.score || Buffer.compare(Buffer.from(b.id), Buffer.from(a.id)));
/** Scores that tie nothing. */
const ranked = (ids: readonly string[]): RankedPassage[] => ids.map((id, i) => ({ id, score: -i }));

describe(`every retrieval metric (${scored.length} of them and their cutoffs)`, () => {
  it("is in the list, at some parameter", () => {
    expect(new Set(all.map(({ metric }) => metric.name)).size).toBe(metrics.length);
    expect(scored.length).toBeGreaterThan(25);
  });

  it("lies between 0 and 1", () => {
    fc.assert(
      fc.property(turn, ({ ranking, judged, level }) => {
        for (const [label, score] of Object.entries(scores(ranking, judged, { level }))) {
          expect(score, label).toBeGreaterThanOrEqual(0);
          expect(score, label).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("does not care in which order a run lists its lines, and breaks ties by id, the last in bytes first", () => {
    fc.assert(
      fc.property(turn, fc.infiniteStream(fc.nat()), ({ ranking, judged, level }, keys) => {
        const shuffled = ranking.map((passage) => ({ passage, key: keys.next().value as number })).sort((a, b) => a.key - b.key);
        const expected = scores(ranked(inOrder(ranking).map(({ id }) => id)), judged, { level, chosen: all });
        for (const rows of [ranking, shuffled.map(({ passage }) => passage)])
          expect(scores(rows, judged, { level, chosen: all })).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it("knows scores by their order only", () => {
    fc.assert(
      fc.property(turn, fc.constantFrom(2 ** -60, 0.5, 3, 2 ** 60), ({ ranking, judged, level }, factor) => {
        const scaled = ranking.map(({ id, score }) => ({ id, score: score * factor }));
        expect(scores(scaled, judged, { level, chosen: all })).toEqual(scores(ranking, judged, { level, chosen: all }));
      }),
      { numRuns: 100 },
    );
  });

  it("sees no further than --depth", () => {
    fc.assert(
      fc.property(turn, fc.integer({ min: 1, max: 14 }), ({ ranking, judged, level }, depth) => {
        const kept = inOrder(ranking).slice(0, depth);
        expect(scores(ranking, judged, { level, depth, chosen: all })).toEqual(scores(kept, judged, { level, chosen: all }));
      }),
      { numRuns: 200 },
    );
  });

  it("gives a perfect run 1, with a cutoff at the number of relevant passages", () => {
    fc.assert(
      fc.property(turn, ({ judged, level }) => {
        const relevant = [...judged.values()].filter((grade) => grade >= level).length;
        fc.pre(relevant > 0);
        const best = [...judged].filter(([, grade]) => grade >= 0).map(([id, grade]) => ({ id, score: grade }));
        const chosen = scored.map((one) => (hasCutoff(one) && one.parameter !== Infinity ? choose(one.metric, relevant) : one));
        for (const [label, score] of Object.entries(scores(best, judged, { level, chosen }))) expect(score, label).toBe(1);
      }),
      { numRuns: 200 },
    );
  });

  it("gives no run more than the perfect one", () => {
    fc.assert(
      fc.property(turn, ({ ranking, judged, level }) => {
        const best = scores(
          [...judged].map(([id, score]) => ({ id, score })).filter(({ score }) => score >= 0),
          judged,
          { level },
        );
        for (const [label, score] of Object.entries(scores(ranking, judged, { level })))
          expect(score, label).toBeLessThanOrEqual(best[label]!);
      }),
      { numRuns: 200 },
    );
  });

  it("gives 0 when nothing relevant is found, and when nothing is found at all", () => {
    fc.assert(
      fc.property(turn, ({ judged, level, ranking }) => {
        const useless = ranking.filter(({ id }) => (judged.get(id) ?? 0) <= 0);
        for (const rows of [useless, []])
          for (const [label, score] of Object.entries(scores(rows, judged, { level }))) expect(score, label).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  it("does not change when a passage that is not relevant is added at the end, nor with any passage below its cutoff", () => {
    fc.assert(
      fc.property(turn, fc.integer({ min: -1, max: 4 }), ({ ranking, judged, level }, grade) => {
        const more = new Map([...judged, ["zz", grade]]);
        const before = scores(ranking, more, { level });
        const after = scores([...ranking, { id: "zz", score: -9 }], more, { level });
        for (const { label, parameter, metric } of scored)
          if (grade <= 0 || (metric.parameter.endsWith("cutoff") && ranking.length >= parameter))
            expect(after[label], label).toBe(before[label]);
      }),
      { numRuns: 200 },
    );
  });

  it("does not fall when a relevant passage moves up by one place", () => {
    fc.assert(
      fc.property(turn, fc.nat(), ({ ranking, judged, level }, pick) => {
        const ids = ranking.map(({ id }) => id);
        const isRelevant = (id: string): boolean => (judged.get(id) ?? 0) >= level;
        const places = ids.flatMap((id, i) => (i > 0 && isRelevant(id) && !isRelevant(ids[i - 1]!) ? [i] : []));
        fc.pre(places.length > 0);
        const place = places[pick % places.length]!;
        const moved = ids.toSpliced(place - 1, 2, ids[place]!, ids[place - 1]!);
        const before = scores(ranked(ids), judged, { level });
        const after = scores(ranked(moved), judged, { level });
        for (const [label, score] of Object.entries(after)) expect(score, label).toBeGreaterThanOrEqual(before[label]! - 1e-12);
      }),
      { numRuns: 200 },
    );
  });

  it("does not fall when a passage that is not relevant gives its place to a relevant one", () => {
    fc.assert(
      fc.property(turn, fc.nat(), ({ ranking, judged, level }, pick) => {
        const more = new Map([...judged, ["zz", 4]]);
        const ids = ranking.map(({ id }) => id);
        const places = ids.flatMap((id, i) => ((judged.get(id) ?? 0) < level ? [i] : []));
        fc.pre(places.length > 0);
        const better = ids.toSpliced(places[pick % places.length]!, 1, "zz");
        const before = scores(ranked(ids), more, { level });
        const after = scores(ranked(better), more, { level });
        for (const [label, score] of Object.entries(after)) expect(score, label).toBeGreaterThanOrEqual(before[label]! - 1e-12);
      }),
      { numRuns: 200 },
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
  it("counts relevant, nonrelevant and ideal grades; negative grades are no judgement", () => {
    const judged = judge(Int32Array.of(2, UNJUDGED), [2, 1, 0, -1, 3], 2);
    expect(judged).toMatchObject({ relevant: 2, nonrelevant: 2, level: 2 });
    expect([...judged.ideal]).toEqual([3, 2, 1]);
  });
});

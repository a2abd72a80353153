/** @file Figures: true to the evaluation, readable whatever the names, the same bytes every time, and nothing in them is ever executed. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Figure } from "../../src/report/figures/figure.ts";
import { figuresOf } from "../../src/report/figures/figures.ts";
import { renderer } from "../../src/report/figures/render.ts";
import type { FigureSource } from "../../src/report/figures/source.ts";
import { shortened, shownNames, textWidth } from "../../src/report/figures/text.ts";
import { Rng } from "../../src/util/rng.ts";
import { type PlacedText, readSvg, type Svg } from "../helpers/svg.ts";

interface World {
  names: readonly string[];
  metrics?: readonly string[];
  turns?: number;
  groups?: readonly string[];
  /** The score of a turn: 0-1. */
  score?: (rng: Rng) => number;
  by?: string;
  intervals?: boolean;
}

/** An evaluation of some systems with scores per turn; the first two metrics are retrieval's and answers'. */
function world({
  names,
  metrics = ["nDCG@3", "F1"],
  turns = 40,
  groups = ["1", "2", "3", "10"],
  score,
  by = "turn",
  intervals = true,
}: World): FigureSource {
  const rng = Rng.of(7, "figures");
  const draw = score ?? ((from: Rng) => Math.round(from.uniform() * 8) / 8);
  const scores = new Map(
    names.map((name) => [
      name,
      new Map(metrics.map((metric) => [metric, new Map(Array.from({ length: turns }, (_, t) => [`c_${t}`, draw(rng)]))])),
    ]),
  );
  const mean = (values: readonly number[]): number | null =>
    values.length === 0 ? null : values.reduce((sum, one) => sum + one, 0) / values.length;
  const cell = (name: string, metric: string, keep: (turn: number) => boolean) => {
    const kept = [...scores.get(name)!.get(metric)!.values()].filter((_, t) => keep(t));
    const value = mean(kept);
    const interval = value === null || !intervals ? {} : { interval: [Math.max(0, value - 0.05), Math.min(1, value + 0.05)] as const };
    return { metric, value, n: kept.length, ...(value === null ? { reason: "no passages are judged" } : {}), ...interval };
  };
  return {
    metrics: metrics.map((label) => ({ label, count: false, higher_is_better: true })),
    systems: names.map((name) => ({ name, role: "system", cells: metrics.map((metric) => cell(name, metric, () => true)) })),
    breakdowns: [
      {
        by,
        groups: groups.flatMap((group, g) =>
          names.map((system) => ({ group, system, cells: metrics.map((metric) => cell(system, metric, (t) => t % groups.length === g)) })),
        ),
      },
    ],
    consistency: names.flatMap((system) => {
      const quadrants = { found_and_good: 1, found_and_poor: 2, missed_and_good: 3, missed_and_poor: 4 };
      const about = { pearson: 0.25, spearman: null, answer_where_found: 0.5, answer_where_missed: null, quadrants };
      return metrics.length < 2 || turns === 0 ? [] : [{ system, retrieval: metrics[0]!, answer: metrics[1]!, n: turns, ...about }];
    }),
    baseline: names[0],
    scores: (system, metric) => scores.get(system)?.get(metric),
  };
}

type Value = Record<string, string | number | null>;
const valuesOf = ({ spec }: Figure): Value[] => (spec["data"] as { values: Value[] }).values;
const named = (figures: readonly Figure[], name: string): Figure => figures.find((figure) => figure.name === name)!;

/** Drawn without a word of warning, well-formed. */
async function drawn(figure: Figure): Promise<Svg & { source: string }> {
  const warnings: string[] = [];
  const source = await (await renderer()).svg(figure.spec, figure.title, (message) => warnings.push(message));
  expect([figure.name, warnings]).toEqual([figure.name, []]);
  return { ...readSvg(source), source };
}

/** Nothing is cut off at the edges, and no two texts cover each other. */
function expectReadable(name: string, { width, height, texts }: Svg): void {
  expect([name, width]).toEqual([name, Math.min(width, 440)]);
  const cut = texts.filter(({ box }) => box.left < 0 || box.top < 0 || box.right > width || box.bottom > height);
  const apart = (a: PlacedText["box"], b: PlacedText["box"]): boolean =>
    a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
  const covered = texts.flatMap((a, i) => texts.slice(i + 1).flatMap((b) => (apart(a.box, b.box) ? [] : [[a, b]])));
  expect({ name, cut, covered }).toEqual({ name, cut: [], covered: [] });
}

describe("figures of an evaluation", () => {
  const source = world({ names: ["ours", "bm25"] });
  const figures = figuresOf(source);

  test("are those there is data for", () => {
    expect(figures.map(({ name }) => name)).toEqual(["scores", "by-turn", "retrieval-answers", "differences", "wins"]);
    const bare: FigureSource = { ...source, breakdowns: [], consistency: [], scores: () => undefined };
    expect(figuresOf(bare).map(({ name }) => name)).toEqual(["scores"]);
    expect(figuresOf(world({ names: ["a"], turns: 0 }))).toEqual([]);
  });

  test("hold the evaluation's numbers, × 100, with their intervals and turns", () => {
    const cells = source.systems.flatMap(({ name, cells: all }) => all.map((cell) => ({ name, ...cell })));
    const values = valuesOf(named(figures, "scores"));
    expect(values).toHaveLength(cells.length);
    for (const { name, metric, value, n, interval } of cells) {
      const found = values.find(({ panel, system }) => panel === ["nDCG@3", "F1"].indexOf(metric) && system === name)!;
      for (const [shown, is] of [
        [found["score"], value],
        [found["low"], interval![0]],
        [found["high"], interval![1]],
      ] as const)
        expect(Math.abs((shown as number) / 100 - is!)).toBeLessThan(1e-6);
      expect(found["n"]).toBe(n);
    }
    const groups = source.breakdowns[0]!.groups.flatMap(({ group, system, cells: all }) => all.map((cell) => ({ group, system, ...cell })));
    const curves = valuesOf(named(figures, "by-turn")).filter(({ panel }) => panel !== 2);
    expect(curves.map(({ group, system, n }) => [String(group), system, n])).toEqual(
      groups.map(({ group, system, n }) => [group, system, n]),
    );
    for (const [i, { value }] of groups.entries()) expect(Math.abs((curves[i]!["score"] as number) / 100 - value!)).toBeLessThan(1e-6);
    const turns = valuesOf(named(figures, "by-turn")).filter(({ panel }) => panel === 2);
    expect(turns.map(({ group, n }) => [group, n])).toEqual([
      [1, 10],
      [2, 10],
      [3, 10],
      [10, 10],
    ]);
  });

  test("count every turn once in the scatter, in wins and in sorted differences", () => {
    const dots = valuesOf(named(figures, "retrieval-answers"));
    for (const panel of [0, 1])
      expect(dots.filter((dot) => dot["panel"] === panel).reduce((sum, { turns }) => sum + (turns as number), 0)).toBe(40);
    const [base, ours] = ["ours", "bm25"].map((name) => source.scores(name, "F1")!);
    const differences = [...ours!].map(([turn, score]) => score - base!.get(turn)!);
    const wins = valuesOf(named(figures, "wins")).filter(({ panel }) => panel === 1);
    expect(Object.fromEntries(wins.map(({ verdict, turns }) => [verdict, turns]))).toEqual({
      better: differences.filter((one) => one > 0).length,
      equal: differences.filter((one) => one === 0).length,
      worse: differences.filter((one) => one < 0).length,
    });
    const steps = valuesOf(named(figures, "differences")).filter(({ panel }) => panel === 1);
    const sum = steps.reduce((all, { from, to, difference }) => all + ((to as number) - (from as number)) * (difference as number), 0);
    expect(sum / 100).toBeCloseTo(
      differences.reduce((all, one) => all + one, 0),
      9,
    );
    expect(steps.map(({ difference }) => difference)).toEqual(
      steps.map(({ difference }) => difference).toSorted((a, b) => (b as number) - (a as number)),
    );
  });

  test("of thousands of different scores are counted in cells, and lose no turn", async () => {
    const many = figuresOf(world({ names: ["a", "b"], turns: 3000, score: (rng) => rng.uniform() }));
    const dots = valuesOf(named(many, "retrieval-answers"));
    expect(dots.length).toBeLessThanOrEqual(2 * 26 * 26);
    expect(dots.reduce((sum, { turns }) => sum + (turns as number), 0)).toBe(6000);
    expect(valuesOf(named(many, "differences")).length).toBeLessThanOrEqual(2 * 250);
    for (const figure of many) expect((await drawn(figure)).source.length).toBeLessThan(250_000);
  });

  test("have the same bytes every time, whatever was drawn before, and nothing to collide with in a page", async () => {
    const first = await drawn(named(figures, "scores"));
    for (const figure of figures) await drawn(figure);
    expect((await drawn(named(figures, "scores"))).source).toBe(first.source);
    for (const figure of figures) {
      const { elements, source: svg } = await drawn(figure);
      expect(
        elements.filter(({ name, attributes }) => "id" in attributes || ["script", "image", "a", "style", "foreignObject"].includes(name)),
      ).toEqual([]);
      expect(svg).not.toMatch(/url\(|href=|\d{4}-\d\d-\d\d/);
    }
  });
});

const LONG = "t5-canard_ance_bm25-b-45-k-95_mono-duo-t5_2021_with_everything_that_can_be_said_of_a_system";
const readable: [string, World][] = [
  ["one system", { names: ["ours"] }],
  ["twenty systems", { names: Array.from({ length: 20 }, (_, i) => `system ${i}`) }],
  ["twenty long names that differ in the middle", { names: Array.from({ length: 20 }, (_, i) => `${LONG}_${i}_${LONG}`) }],
  [
    "long names of metrics and tags",
    { names: ["a", LONG], metrics: ["ROUGE-L-msmarco@1000000", "Evidence-F1", "Knowledge-P"], by: LONG, groups: [LONG, `${LONG}2`, "b"] },
  ],
  ["groups by name", { names: ["a", "b", "c"], by: "topic shift", groups: ["first", "continue", "switch"] }],
  ["groups by name of twenty systems", { names: Array.from({ length: 20 }, (_, i) => `s${i}`), by: "tag", groups: ["a", "b"] }],
  ["a single group", { names: ["a", "b"], groups: ["3"] }],
  ["one turn", { names: ["a", "b"], turns: 1, groups: ["1"] }],
  ["groups without turns", { names: ["a", "b"], turns: 2 }],
  ["scores that are all equal", { names: ["a", "b"], score: () => 0.5 }],
  ["nothing but zeros", { names: ["a", "b"], score: () => 0, intervals: false }],
  ["nothing but ones", { names: ["a", "b"], score: () => 1 }],
  ["letters of many scripts", { names: ["检索系统一", "نظام الاسترجاع", "🙂 systém", "ß".repeat(80)] }],
];

describe("the pictures are readable", () => {
  test.each(readable)("of %s", async (_, given) => {
    const figures = figuresOf(world(given));
    expect(figures.length).toBeGreaterThan(1);
    for (const figure of figures) expectReadable(figure.name, await drawn(figure));
  });
});

const HOSTILE = [
  "<script>globalThis.ran = 1</script>",
  `</text></svg>&<>"'`,
  "datum['x']",
  `"];globalThis.ran=1;["`,
  "{{7*7}} ${7*7}",
  "a.b[0]",
  "\\u0022+(globalThis.ran=1)+\\u0022",
  "\u001b[3\u0000\ufffe\u202e",
  "__proto__",
  "constructor",
  "if",
  "width",
  "new\nline",
];

describe("names from data", () => {
  test("are texts, never markup, fields or expressions", async () => {
    const source = world({
      names: HOSTILE,
      metrics: ["a.b[0]", "if", "constructor", "datum['x']"],
      by: `'];globalThis.ran=1;['<b>`,
      groups: ["</svg>", "__proto__", "a.b[0]"],
    });
    for (const figure of figuresOf(source)) {
      const { texts, source: svg } = await drawn(figure);
      expect(svg).not.toContain("<script");
      const shown = texts.map(({ text }) => text);
      if (figure.name.startsWith("by-"))
        expect(shown).toEqual(
          expect.arrayContaining([
            "a.b[0]",
            "__proto__",
            "constructor",
            "if",
            "width",
            "datum['x']",
            "new\\u{a}line",
            "\\u{1b}[3\\u{0}\\u{fffe}\\u{202e}",
          ]),
        );
      // Each system has its own mark: names that mean something to JavaScript are no exception.
      if (figure.name === "scores")
        expect(svg.match(/aria-roledescription="point"/g) ?? svg.match(/<path[^>]*fill="#0072b2"/g)).toHaveLength(HOSTILE.length * 4);
    }
    expect(globalThis).not.toHaveProperty("ran");
  });

  test("are in no expression that Vega would run", async () => {
    const { compile } = await import("vega-lite");
    const expressions = (value: unknown): string[] =>
      typeof value !== "object" || value === null
        ? []
        : Object.entries(value).flatMap(([key, inner]) =>
            typeof inner === "string" ? (["expr", "signal", "update", "test", "filter"].includes(key) ? [inner] : []) : expressions(inner),
          );
    for (const by of ["turn", "tag"])
      for (const { name, spec } of figuresOf(
        world({ names: ["NAMED-a", "NAMED-b"], metrics: ["NAMED-m", "NAMED-n"], by, groups: by === "tag" ? ["NAMED-g"] : ["1"] }),
      )) {
        const found = expressions(compile(spec as never).spec);
        expect(found.length).toBeGreaterThan(0);
        expect([name, found.filter((text) => text.includes("NAMED"))]).toEqual([name, []]);
      }
  });

  test("of any characters give well-formed pictures", async () => {
    const names = fc.uniqueArray(fc.string({ unit: "binary", minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(names, async (some) => {
        for (const figure of figuresOf(world({ names: some, turns: 4 }))) await drawn(figure);
      }),
      { numRuns: 3 },
    );
  });

  test("stay different however they are shortened, and fit", () => {
    const name = fc.string({ unit: fc.constantFrom("a", "W", "i", "语"), maxLength: 60 });
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 12 }), (names) => {
        const shown = shownNames(names, 80, { size: 10 });
        expect(new Set(shown).size).toBe(names.length);
        for (const text of shown) expect(textWidth(text, { size: 10 })).toBeLessThanOrEqual(80);
      }),
    );
    expect(shortened("abcdefghij", 40, { size: 10 })).toMatch(/^a.*….*j$/);
  });
});

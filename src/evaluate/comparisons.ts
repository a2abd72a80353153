/** @file Paired tests between systems: each against the baseline, or every pair. */
import type { ChosenMetric } from "../../eval/registry.ts";
import type { Evaluation, System } from "../schema/evaluation.ts";
import type { EvaluateOptions } from "../schema/options/evaluate.ts";
import { UsageError } from "../util/errors.ts";
import { type Pair, testPairs } from "./statistics/pair-tests.ts";
import type { Scored } from "./scoring/rows.ts";
import { holm } from "./statistics/significance.ts";

export const SIGNIFICANT = 0.05;

export interface ComparedSystem {
  name: string;
  scored: readonly Scored[];
}

type Testing = Pick<EvaluateOptions, "baseline" | "compare" | "test" | "holm_over" | "permutations" | "seed">;

/** Nothing where no metric has two systems. */
export function comparisonsOf(
  systems: readonly ComparedSystem[],
  metrics: readonly ChosenMetric[],
  testing: Testing,
): Pick<Evaluation, "comparisons" | "significance"> {
  const pairs = metrics.flatMap((chosen) => pairsOf(systems, chosen, testing));
  if (pairs.length === 0) return { comparisons: [] };
  const { compare, test, holm_over, permutations, seed } = testing;
  const tests = testPairs(pairs, { permutations, seed });
  const corrected = correctedBy(
    tests.map(({ tP, randomisationP }) => (test === "t-test" ? tP : randomisationP)),
    pairs.map(({ label }) => (holm_over === "table" ? "" : label)),
  );
  return {
    comparisons: pairs.map(({ label, system, baseline }, i) => {
      const { n, difference, effectSize, t, tP, randomisationP } = tests[i]!;
      return {
        metric: label,
        system: system.name,
        baseline: baseline.name,
        n,
        difference,
        effect_size: effectSize,
        t,
        t_p: tP,
        randomisation_p: randomisationP,
        holm_p: corrected[i]!,
      };
    }),
    significance: { compare, test, holm_over, level: SIGNIFICANT, permutations },
  };
}

/** By a system's place in the table. */
export const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Rows of an evaluation; where every pair is tested, with the letter that marks call each system. */
export function lettered(rows: readonly { row: System }[], { compare }: Pick<Testing, "compare">): System[] {
  if (compare === "baseline") return rows.map(({ row }) => row);
  const tested = rows.filter(({ row }) => row.role === "system").length;
  if (tested > LETTERS.length)
    throw new UsageError(
      `--compare all has letters for ${LETTERS.length} systems, there are ${tested}; leave some out, or test against one with --baseline`,
    );
  let next = 0;
  return rows.map(({ row }) => (row.role === "system" ? { ...row, letter: LETTERS[next++]! } : row));
}

/** The baseline, or else the earlier system, is what is subtracted. Counts and geometric means are no means of turns: no test. */
function pairsOf(systems: readonly ComparedSystem[], { metric, label }: ChosenMetric, { baseline, compare }: Testing): Pair[] {
  if (metric.aggregate !== "mean") return [];
  const having = systems.flatMap(({ name, scored }) =>
    scored.filter(({ scores }) => scores.has(label)).map(({ turns, scores }) => ({ name, turns, scores: scores.get(label)! })),
  );
  const base = having.find(({ name }) => baseline === undefined || name === baseline);
  if (base === undefined && compare === "baseline") return [];
  const ordered = base === undefined ? having : [base, ...having.filter((one) => one !== base)];
  const bases = compare === "all" ? ordered : ordered.slice(0, 1);
  return bases.flatMap((from, at) => ordered.slice(at + 1).map((system) => ({ label, system, baseline: from })));
}

/** Holm's correction within each family. What has no p counts as a test that found nothing. */
function correctedBy(ps: readonly (number | null)[], families: readonly string[]): (number | null)[] {
  const out = [...ps];
  for (const family of new Set(families)) {
    const places = [...families.keys()].filter((i) => families[i] === family);
    const corrected = holm(places.map((i) => ps[i] ?? 1));
    for (const [k, i] of places.entries()) if (ps[i] !== null) out[i] = corrected[k]!;
  }
  return out;
}

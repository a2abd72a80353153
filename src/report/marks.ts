/** @file Which scores carry a mark, and what the marks say. */
import type { Comparison, Evaluation, Significance } from "../schema/evaluation.ts";

/** Letters in a row from which on a range is written: abcd → a–d. */
const RANGE = 4;

/** The marks of each score: `*` where it differs from the baseline's, or the letters of all the systems it is better than. */
export function marksOf({
  systems,
  metrics,
  comparisons,
  significance,
}: Pick<Evaluation, "systems" | "metrics" | "comparisons" | "significance">): (system: string, metric: string) => string {
  const found = comparisons.filter(({ holm_p }) => holm_p !== null && holm_p < (significance?.level ?? 0));
  if (significance?.compare !== "all") {
    const starred = new Set(found.map(({ system, metric }) => JSON.stringify([system, metric])));
    return (system, metric) => (starred.has(JSON.stringify([system, metric])) ? "*" : "");
  }
  const lowerIsBetter = new Set(metrics.filter(({ higher_is_better }) => !higher_is_better).map(({ label }) => label));
  const beaten = new Map<string, Set<string>>();
  for (const { metric, system, baseline, difference } of found) {
    const [better, worse] = difference > 0 !== lowerIsBetter.has(metric) ? [system, baseline] : [baseline, system];
    const key = JSON.stringify([better, metric]);
    beaten.set(key, (beaten.get(key) ?? new Set()).add(worse));
  }
  return (system, metric) => {
    const worse = beaten.get(JSON.stringify([system, metric]));
    return worse === undefined ? "" : systems.flatMap(({ name, letter = "" }) => (worse.has(name) ? letter : "")).join("");
  };
}

/** As it is printed: abcdf → a–df. */
export function shortened(marks: string): string {
  const letters = [...marks];
  const follows = (i: number): boolean => i > 0 && letters[i]!.charCodeAt(0) === letters[i - 1]!.charCodeAt(0) + 1;
  const runs: string[][] = [];
  for (const [i, letter] of letters.entries()) {
    if (follows(i)) runs.at(-1)!.push(letter);
    else runs.push([letter]);
  }
  return runs.map((run) => (run.length < RANGE ? run.join("") : `${run[0]}–${run.at(-1)}`)).join("");
}

/** What the marks say, and which tests stand behind them; nothing where nothing could be marked. */
export function markNotes({ systems, metrics, comparisons, significance }: Evaluation): string[] {
  if (significance === undefined || comparisons.every(({ holm_p }) => holm_p === null)) return [];
  const { compare, level } = significance;
  const starred = comparisons.filter(({ holm_p }) => holm_p !== null && holm_p < level);
  if (compare === "baseline" && starred.length === 0) return [];
  const ranges = systems.filter(({ letter }) => letter !== undefined).length > RANGE ? " (a–d: a to d)" : "";
  const marks = compare === "all" ? `letters: better than the systems that they name${ranges}` : `*: differs from ${baselineOf(starred)}`;
  const corpus = metrics.filter((metric) => metric.corpus === true && comparisons.some(({ metric: label }) => label === metric.label));
  return [
    `${marks}, ${testNote(comparisons, significance)}`,
    ...(corpus.length > 0
      ? [`${corpus.map(({ label }) => label).join(", ")}: marks compare the means of turns, the score is of all turns as one`]
      : []),
  ];
}

/** Where the baseline has no score, the first system that has one stands in. */
function baselineOf(starred: readonly Comparison[]): string {
  const baselines = [...new Set(starred.map(({ baseline }) => baseline))];
  if (baselines.length === 1) return baselines[0]!;
  const metrics = (name: string): string =>
    [...new Set(starred.filter(({ baseline }) => baseline === name).map(({ metric }) => metric))].join(", ");
  return baselines.map((name) => `${name} (${metrics(name)})`).join(", from ");
}

/** The test, its correction, and how many tests are corrected together. */
function testNote(comparisons: readonly Comparison[], { test, holm_over, level, permutations }: Significance): string {
  const name = test === "t-test" ? "two-sided paired t-test" : `two-sided paired randomisation test (${permutations} sign flips)`;
  const sizes = familySizes(comparisons, holm_over);
  const tests = `${sizes.join("/")} ${sizes.length === 1 && sizes[0] === 1 ? "test" : "tests"}`;
  return `${name}, p < ${level} after Holm's correction over the ${tests} ${holm_over === "table" ? "of the table" : "under a metric"}`;
}

function familySizes(comparisons: readonly Comparison[], over: Significance["holm_over"]): number[] {
  if (over === "table") return [comparisons.length];
  const sizes = new Map<string, number>();
  for (const { metric } of comparisons) sizes.set(metric, (sizes.get(metric) ?? 0) + 1);
  return [...new Set(sizes.values())].sort((a, b) => a - b);
}

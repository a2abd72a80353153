/** @file An evaluation as JUnit XML, which every CI shows: a test per system and threshold; without thresholds, per system and metric. */
import type { Evaluation, Verdict } from "../schema/evaluation.ts";
import { escapeHtml } from "./html-table.ts";

/** A suite of tests: all of an evaluation, or one dataset of several. */
export interface JunitSuite {
  name: string;
  /** The dataset, where there are several: CI shows the class of a test, often without its suite. */
  dataset?: string;
  /** Undefined where a dataset of several is missing. */
  evaluation: Evaluation | undefined;
  verdicts: readonly Verdict[];
}

export function junitReport({ evaluation, verdicts }: { evaluation: Evaluation; verdicts: readonly Verdict[] }): string {
  return junitFile([{ name: "uniconv evaluate", evaluation, verdicts }]);
}

export function junitFile(suites: readonly JunitSuite[]): string {
  // Where thresholds were asked for, the tests are those; a dataset without any has none.
  const judged = suites.some(({ verdicts }) => verdicts.length > 0);
  const parts = suites.map(({ name, dataset, evaluation, verdicts }) => ({
    name,
    cases: judged || evaluation === undefined ? verdicts.map(thresholdCase) : scoreCases(evaluation, dataset),
    failed: verdicts.filter(({ problem }) => problem !== undefined).length,
  }));
  const counts = (tests: number, failed: number): string => `tests="${tests}" failures="${failed}" errors="0"`;
  const sum = (pick: (part: (typeof parts)[number]) => number): number => parts.reduce((total, part) => total + pick(part), 0);
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="uniconv" ${counts(
    sum(({ cases }) => cases.length),
    sum(({ failed }) => failed),
  )}>
${parts
  .map(
    ({ name, cases, failed }) => `<testsuite name="${escapeHtml(name)}" ${counts(cases.length, failed)} skipped="0">
${cases.join("\n")}
</testsuite>`,
  )
  .join("\n")}
</testsuites>
`;
}

function thresholdCase({ dataset, system, metric, least, problem }: Verdict): string {
  const name = `${metric} is at least ${least}`;
  if (problem === undefined) return testcase(classOf(system, dataset), name, "");
  return testcase(classOf(system, dataset), name, `<failure message="${escapeHtml(problem)}">${escapeHtml(problem)}</failure>`);
}

function scoreCases({ systems }: Evaluation, dataset: string | undefined): string[] {
  return systems.flatMap(({ name, cells }) =>
    cells.map(({ metric, value, reason }) =>
      testcase(classOf(name, dataset), metric, `<system-out>${escapeHtml(value === null ? `n/a: ${reason}` : String(value))}</system-out>`),
    ),
  );
}

const classOf = (system: string, dataset?: string): string =>
  [dataset, system].filter((name) => name !== undefined && name !== "").join(".") || "evaluation";

const testcase = (className: string, name: string, inside: string): string =>
  `<testcase classname="${escapeHtml(className)}" name="${escapeHtml(name)}">${inside}</testcase>`;

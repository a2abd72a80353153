/** @file An evaluation as JUnit XML, which every CI shows: a test per system and threshold; without thresholds, per system and metric. */
import type { Evaluation, Verdict } from "../schema/evaluation.ts";
import { escapeHtml } from "./html-report.ts";

export function junitReport({ evaluation, verdicts }: { evaluation: Evaluation; verdicts: readonly Verdict[] }): string {
  const cases = verdicts.length > 0 ? verdicts.map(thresholdCase) : scoreCases(evaluation);
  const failed = verdicts.filter(({ problem }) => problem !== undefined).length;
  const counts = `tests="${cases.length}" failures="${failed}" errors="0"`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="uniconv" ${counts}>
<testsuite name="uniconv evaluate" ${counts} skipped="0">
${cases.join("\n")}
</testsuite>
</testsuites>
`;
}

function thresholdCase({ system, metric, least, problem }: Verdict): string {
  const name = `${metric} is at least ${least}`;
  if (problem === undefined) return testcase(system, name, "");
  return testcase(system, name, `<failure message="${escapeHtml(problem)}">${escapeHtml(problem)}</failure>`);
}

function scoreCases({ systems }: Evaluation): string[] {
  return systems.flatMap(({ name, cells }) =>
    cells.map(({ metric, value, reason }) =>
      testcase(name, metric, `<system-out>${escapeHtml(value === null ? `n/a: ${reason}` : String(value))}</system-out>`),
    ),
  );
}

const testcase = (system: string, name: string, inside: string): string =>
  `<testcase classname="${escapeHtml(system === "" ? "evaluation" : system)}" name="${escapeHtml(name)}">${inside}</testcase>`;

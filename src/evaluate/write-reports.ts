/** @file `--report KIND=FILE`: each report whole or not at all. */
import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { evaluationReport } from "../report/evaluation-report.ts";
import { htmlReport } from "../report/html-report.ts";
import { junitReport } from "../report/junit-report.ts";
import type { Evaluation, Verdict } from "../schema/evaluation.ts";
import { writeFileAtomic } from "../util/files.ts";
import { attempt } from "../util/io-errors.ts";

export interface ReportContent {
  evaluation: Evaluation;
  verdicts: readonly Verdict[];
  inputs: readonly { path: string; sha256: string }[];
}

const RENDER: Record<string, (content: ReportContent) => string> = {
  markdown: ({ evaluation, inputs }) => evaluationReport(evaluation, inputs),
  html: htmlReport,
  junit: junitReport,
};

/** `github` is no file: the command prints it. */
export function writeReports(reports: readonly string[], content: ReportContent): void {
  for (const report of reports) {
    const [kind, ...rest] = report.split("=");
    const render = RENDER[kind!];
    if (render === undefined) continue;
    const path = resolve(rest.join("="));
    attempt(dirname(path), "create", () => mkdirSync(dirname(path), { recursive: true }));
    writeFileAtomic(path, render(content));
  }
}

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
  /** Hashes every input: asked once, by the first report that is a file. */
  inputs: () => readonly { path: string; sha256: string }[];
}

type Rendered = Omit<ReportContent, "inputs"> & { inputs: ReturnType<ReportContent["inputs"]> };

const RENDER: Record<string, (content: Rendered) => string> = {
  markdown: ({ evaluation, inputs }) => evaluationReport(evaluation, inputs),
  html: htmlReport,
  junit: junitReport,
};

/** `github` is no file: the command prints it. */
export function writeReports(reports: readonly string[], content: ReportContent): void {
  let rendered: Rendered | undefined;
  for (const report of reports) {
    const [kind, ...rest] = report.split("=");
    const render = RENDER[kind!];
    if (render === undefined) continue;
    const path = resolve(rest.join("="));
    attempt(dirname(path), "create", () => mkdirSync(dirname(path), { recursive: true }));
    rendered ??= { ...content, inputs: content.inputs() };
    writeFileAtomic(path, render(rendered));
  }
}

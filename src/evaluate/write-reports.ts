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

/** By kind: the report's text, from the inputs and their hashes. */
export type Renderers = Record<"markdown" | "html" | "junit", (inputs: ReturnType<ReportContent["inputs"]>) => string>;

export function writeReports(reports: readonly string[], { evaluation, verdicts, inputs }: ReportContent): void {
  writeRendered(reports, inputs, {
    markdown: (entries) => evaluationReport(evaluation, entries),
    html: (entries) => htmlReport({ evaluation, verdicts, inputs: entries }),
    junit: () => junitReport({ evaluation, verdicts }),
  });
}

/** `github` is no file: the command prints it. */
export function writeRendered(reports: readonly string[], inputs: ReportContent["inputs"], renderers: Renderers): void {
  let entries: ReturnType<ReportContent["inputs"]> | undefined;
  for (const report of reports) {
    const [kind, ...rest] = report.split("=");
    if (kind === "github") continue;
    const path = resolve(rest.join("="));
    attempt(dirname(path), "create", () => mkdirSync(dirname(path), { recursive: true }));
    entries ??= inputs();
    writeFileAtomic(path, renderers[kind as keyof Renderers](entries));
  }
}

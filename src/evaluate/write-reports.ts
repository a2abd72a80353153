/** @file `--report KIND=FILE`: each report whole or not at all. */
import { dirname, resolve } from "node:path";
import { csvOf, csvRows } from "../report/evaluation-csv.ts";
import { evaluationReport } from "../report/evaluation-report.ts";
import { type Drawing, drawAll, writeDrawings } from "../report/figures/draw.ts";
import type { Figure } from "../report/figures/figure.ts";
import { figuresOf } from "../report/figures/figures.ts";
import { htmlReport } from "../report/html-report.ts";
import { junitReport } from "../report/junit-report.ts";
import { printed } from "../report/printed.ts";
import { sectionsOf } from "../report/sections.ts";
import type { Evaluation, Verdict } from "../schema/evaluation.ts";
import { makeFolder, writeFileAtomic } from "../util/files.ts";
import { sourceOf } from "./figure-source.ts";
import type { Scored } from "./scoring/rows.ts";

export interface ReportContent {
  evaluation: Evaluation;
  verdicts: readonly Verdict[];
  /** Scores per turn, which some figures are drawn from. */
  scores: readonly { name: string; scored: readonly Scored[] }[];
  /** Hashes every input: asked once, by the first report that is a file. */
  inputs: () => readonly { path: string; sha256: string }[];
}

/** What reports are made of, each asked for once, by the first that needs it. */
export interface Sources {
  inputs: ReportContent["inputs"];
  figures: () => readonly Figure[];
}

type Entries = ReturnType<ReportContent["inputs"]>;

/** By kind: the report's text, from the inputs with their hashes, and for HTML the figures. */
export interface Renderers {
  markdown(inputs: Entries): string;
  html(inputs: Entries, figures: readonly Drawing[]): string;
  junit(): string;
  latex(): string;
  csv(): string;
}

export async function writeReports(reports: readonly string[], { evaluation, verdicts, scores, inputs }: ReportContent): Promise<void> {
  await writeRendered(
    reports,
    { inputs, figures: () => figuresOf(sourceOf(evaluation, scores)) },
    {
      markdown: (entries) => evaluationReport(evaluation, entries),
      html: (entries, figures) => htmlReport({ evaluation, verdicts, figures, inputs: entries }),
      junit: () => junitReport({ evaluation, verdicts }),
      latex: () => `${printed(sectionsOf(evaluation, { intervals: false }), "latex")}\n`,
      csv: () => csvOf(csvRows(evaluation)),
    },
  );
}

/** `github` is no file: the command prints it. */
export async function writeRendered(reports: readonly string[], { inputs, figures }: Sources, renderers: Renderers): Promise<void> {
  let entries: Entries | undefined;
  let drawings: Drawing[] | undefined;
  for (const report of reports) {
    const [kind, ...rest] = report.split("=");
    if (kind === "github") continue;
    const path = resolve(rest.join("="));
    if (kind === "figures") {
      writeDrawings(path, (drawings ??= await drawAll(figures())));
      continue;
    }
    makeFolder(dirname(path));
    if (kind === "html") drawings ??= await drawAll(figures());
    entries ??= inputs();
    writeFileAtomic(
      path,
      kind === "html" ? renderers.html(entries, drawings!) : renderers[kind as Exclude<keyof Renderers, "html">](entries),
    );
  }
}

/** @file `uniconv evaluate --suite`: several datasets, judged, reported and written together. */
import type { Figure } from "../../report/figures/figure.ts";
import { scoresFigure } from "../../report/figures/scores.ts";
import { htmlPage } from "../../report/html-report.ts";
import { markdownPage } from "../../report/evaluation-report.ts";
import { junitFile } from "../../report/junit-report.ts";
import { csvOf } from "../../report/evaluation-csv.ts";
import { printed } from "../../report/printed.ts";
import { suiteCsvRows } from "../../report/suite-csv.ts";
import { suiteSections } from "../../report/suite-sections.ts";
import type { EvaluateOptions } from "../../schema/options/evaluate.ts";
import type { SuiteEvaluation } from "../../schema/suite-evaluation.ts";
import { fileEntry } from "../../util/artifact-work.ts";
import { DataError, Interrupted } from "../../util/errors.ts";
import type { StageContext } from "../../util/reporter.ts";
import { sourceOf } from "../figure-source.ts";
import { writeRendered } from "../write-reports.ts";
import { againstSuite } from "./against-suite.ts";
import { macroAverages } from "./averages.ts";
import { measure, type Measured } from "./measure.ts";
import { planSuite } from "./plan-suite.ts";
import type { SuitePlan } from "./planned.ts";
import { type Inputs, writeSuite } from "./write-suite.ts";

export interface SuiteResult {
  suite: SuiteEvaluation;
  /** What the thresholds found wanting, a sentence each; the command exits 1 if there is any. */
  failures: string[];
  /** Where suite.json, report.md and a folder per dataset are. */
  output?: { dir: string; status: "done" | "written" };
}

export async function evaluateSuite(options: EvaluateOptions, { reporter, signal }: StageContext): Promise<SuiteResult> {
  const plan = await planSuite(options);
  const { suite: file, systems } = plan;
  const warnings: string[] = [];
  const said = {
    ...reporter,
    info: reporter.info.bind(reporter),
    progress: reporter.progress.bind(reporter),
    warn: (text: string): void => {
      warnings.push(text);
      reporter.warn(text);
    },
  };
  const measured: Measured[] = [];
  for (const dataset of plan.datasets) {
    if (signal.aborted) throw new Interrupted(`stopped after ${measured.length} of ${plan.datasets.length} datasets; nothing was written`);
    for (const { system, kind, path } of dataset.holes) said.warn(`${dataset.entry.name}: ${system} has no ${kind}: ${path} is missing`);
    const one = await measure(dataset, { systems, allowMissing: options.allow_missing, context: { reporter: said, signal } });
    if (one.dataset.missing !== undefined) said.warn(`${one.dataset.name}: not evaluated: ${one.dataset.missing}`);
    measured.push(one);
  }
  if (measured.every(({ dataset }) => dataset.evaluation === undefined))
    throw new DataError(`nothing can be scored:\n${measured.map(({ dataset: { name, missing } }) => `  ${name}: ${missing}`).join("\n")}`);
  const suite: SuiteEvaluation = {
    suite: file.name,
    description: file.description,
    source: file.source,
    systems,
    datasets: measured.map(({ dataset }) => dataset),
    averages: macroAverages(measured, systems),
    verdicts: measured.flatMap(({ verdicts }) => verdicts),
    ...(options.against === undefined ? {} : { against: againstSuite(options.against, measured) }),
    warnings,
  };
  const inputs = hashedOnce(plan, measured);
  const result: SuiteResult = { suite, failures: suite.verdicts.flatMap(({ problem }) => problem ?? []) };
  if (options.output !== undefined) result.output = await writeSuite(options.output, { options, suite, measured, inputs });
  // Last: an output that is refused leaves no report of an evaluation that failed.
  await report(options, suite, { measured, inputs });
  return result;
}

async function report(
  options: EvaluateOptions,
  suite: SuiteEvaluation,
  { measured, inputs }: { measured: readonly Measured[]; inputs: Inputs },
): Promise<void> {
  const { verdicts, warnings } = suite;
  const sections = suiteSections(suite);
  const scores = (): Figure[] => {
    const datasets = measured.flatMap(({ dataset: { name, label, evaluation }, rows }) => {
      const scored = rows.map(({ row, scored: parts }) => ({ name: row.name, scored: parts }));
      return evaluation === undefined
        ? []
        : [{ title: label === undefined ? name : `${name}, other turns`, source: sourceOf(evaluation, scored) }];
    });
    return [scoresFigure(datasets)].filter((figure) => figure !== undefined);
  };
  await writeRendered(
    options.report,
    { inputs: () => inputs(), figures: scores },
    {
      markdown: (entries) => markdownPage({ sections, warnings, inputs: entries }),
      html: (entries, figures) => htmlPage({ sections, verdicts, warnings, figures, inputs: entries }),
      junit: () =>
        junitFile(
          suite.datasets.map(({ name, evaluation }) => ({
            name,
            dataset: name,
            evaluation,
            verdicts: verdicts.filter(({ dataset }) => dataset === name),
          })),
        ),
      latex: () => `${printed(suiteSections(suite, { intervals: false }), "latex")}\n`,
      csv: () => csvOf(suiteCsvRows(suite)),
    },
  );
}

/** Path and hash of every file that was read, all of them or one dataset's; hashed where somebody asks. */
function hashedOnce({ file, shown }: SuitePlan, measured: readonly Measured[]): Inputs {
  const known = new Map<string, ReturnType<typeof fileEntry>>();
  const entry = (path: string, name: string) => {
    const found = known.get(path) ?? fileEntry(path, name);
    known.set(path, found);
    return found;
  };
  return (dataset) => {
    const chosen = measured.filter((one) => dataset === undefined || one.dataset.name === dataset);
    const files = [...new Set(chosen.flatMap(({ files: read }) => read))];
    return [...(dataset === undefined ? [entry(file, shown)] : []), ...files.map((path) => entry(path, path))];
  };
}

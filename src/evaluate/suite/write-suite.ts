/** @file The artifact of a suite: suite.json, report.md, and a folder per dataset as evaluate writes it. */
import { join } from "node:path";
import { markdownPage } from "../../report/evaluation-report.ts";
import { suiteSections } from "../../report/suite-sections.ts";
import type { EvaluateOptions } from "../../schema/options/evaluate.ts";
import type { SuiteEvaluation } from "../../schema/suite-evaluation.ts";
import { SuiteSummary } from "../../schema/suite.ts";
import { writeArtifact } from "../../util/artifact.ts";
import { makeFolder, writeFileDurable } from "../../util/files.ts";
import { packageVersion } from "../../util/package-root.ts";
import { writeEvaluationFiles } from "../write-evaluation.ts";
import type { Measured } from "./measure.ts";

/** The files that were read, of all datasets or of one. */
export type Inputs = (dataset?: string) => { path: string; sha256: string; bytes: number }[];

export const SUMMARY = "suite.json";

export async function writeSuite(
  output: string,
  { options, suite, measured, inputs }: { options: EvaluateOptions; suite: SuiteEvaluation; measured: readonly Measured[]; inputs: Inputs },
): Promise<{ dir: string; status: "done" | "written" }> {
  const entries = inputs();
  const { dir, status } = await writeArtifact(
    {
      output,
      kind: "suite",
      command: "evaluate",
      options,
      seed: options.seed,
      inputs: entries,
      partial: measured.some(({ partial }) => partial),
      resume: options.resume,
      overwrite: options.overwrite,
    },
    async (draft) => {
      for (const { dataset, rows } of measured) {
        if (dataset.evaluation === undefined) continue;
        const folder = join(draft.dir, dataset.name);
        makeFolder(folder);
        await writeEvaluationFiles(folder, { evaluation: dataset.evaluation, rows, entries: inputs(dataset.name) });
      }
      writeFileDurable(join(draft.dir, SUMMARY), `${JSON.stringify(SuiteSummary.parse(summaryOf(suite)), undefined, 2)}\n`);
      // What is said of each dataset stands in its own folder.
      const sections = suiteSections(suite).filter(({ detail }) => detail !== true);
      writeFileDurable(join(draft.dir, "report.md"), markdownPage({ sections, warnings: suite.warnings, inputs: entries }));
    },
  );
  return { dir, status };
}

function summaryOf({ suite, description, source, datasets, averages, verdicts, warnings }: SuiteEvaluation): SuiteSummary {
  return {
    suite,
    description,
    source,
    datasets: datasets.map(({ name, dataset, split, turns, label, missing }) => ({ name, dataset, turns, split, label, missing })),
    results: Object.fromEntries(
      datasets.flatMap(({ name, evaluation }) => {
        if (evaluation === undefined) return [];
        const scores = evaluation.systems.map((system) => [
          system.name,
          Object.fromEntries(system.cells.map(({ metric, value }) => [metric, value])),
        ]);
        return [[name, Object.fromEntries(scores) as Record<string, Record<string, number | null>>]];
      }),
    ),
    averages,
    thresholds: verdicts.map(({ dataset, ...verdict }) => ({ dataset: dataset!, ...verdict })),
    warnings,
    versions: { uniconv: packageVersion() },
  };
}

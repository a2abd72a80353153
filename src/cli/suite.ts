/** @file `evaluate --suite`: what is printed, and what `--dry-run` would read. */
import { printed } from "../report/printed.ts";
import { suiteCsvRows } from "../report/suite-csv.ts";
import { suiteSections } from "../report/suite-sections.ts";
import type { EvaluateOptions } from "../schema/options/evaluate.ts";
import { UsageError } from "../util/errors.ts";
import type { CommandContext, Outcome } from "./command.ts";
import { annotations, jobSummary } from "./ci.ts";
import { dryRun, inputLines } from "./dry-run.ts";
import { evaluationText } from "./evaluation-text.ts";
import { shown } from "./outcome.ts";

export async function runSuite(options: EvaluateOptions, context: CommandContext): Promise<Outcome> {
  if (options.format === "trec_eval") throw new UsageError("--format trec_eval prints one run: leave out --suite");
  const { evaluateSuite } = await import("../evaluate/suite/evaluate-suite.ts");
  const { suite, failures, output } = await evaluateSuite(options, context);
  if (output !== undefined) context.reporter.info(`${shown(output.dir)} holds suite.json, report.md and a folder per dataset`);
  await jobSummary(() => printed(suiteSections(suite), "markdown", { titled: true }));
  const notes = options.report.includes("github") ? annotations(failures, "evaluation") : [];
  return {
    result: { suite, failures, output },
    ...evaluationText(options.format, {
      sections: (how) => suiteSections(suite, how),
      csv: () => suiteCsvRows(suite),
      titled: true,
      notes,
    }),
    failed: failures,
  };
}

/** Throws what the run would where a path is missing. */
export async function planOfSuite(options: EvaluateOptions): Promise<Outcome> {
  const { planSuite } = await import("../evaluate/suite/plan-suite.ts");
  const { suite, shown: file, systems, datasets } = await planSuite(options);
  const there = datasets.map(({ entry, files, holes, options: evaluable, metrics, thresholds }) => {
    const missing = holes.map(({ path }) => path);
    const found = evaluable === undefined ? [] : files.filter(({ path }) => !missing.includes(path));
    const inputs = found.flatMap(({ option, path }) => dryRun({ [option]: [path] }).inputs);
    const asked = metrics.map(({ label }) => label).join(", ");
    const least = thresholds.map(({ chosen, least: x }) => `${chosen.label} >= ${x}`);
    return {
      dataset: entry.name,
      split: entry.split ?? null,
      metrics: asked,
      thresholds: least,
      inputs,
      missing: evaluable === undefined ? files.map(({ path }) => path) : missing,
    };
  });
  const text = there.map(({ dataset, split, metrics, thresholds, inputs, missing }) =>
    [
      `dataset ${dataset}${split === null ? "" : ` (${split})`}: ${[metrics, ...thresholds].join(", ")}`,
      ...inputLines(inputs),
      ...missing.map((path) => `lacks   ${path}`),
    ].join("\n"),
  );
  const head = `suite   ${suite.name} (${file}): ${systems.length === 1 ? "system" : "systems"} ${systems.join(", ")}`;
  return { result: { suite: suite.name, systems, datasets: there }, text: [head, ...text].join("\n") };
}

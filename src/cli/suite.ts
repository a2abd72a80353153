/** @file `evaluate --suite`: what is printed, and what `--dry-run` would read. */
import { escapeMarkdown } from "../report/markdown-table.ts";
import { printed, type PrintedFormat } from "../report/printed.ts";
import type { Section } from "../report/sections.ts";
import { suiteSections } from "../report/suite-sections.ts";
import { printable } from "../report/table.ts";
import type { TerminalStyle } from "../report/terminal-table.ts";
import type { EvaluateOptions } from "../schema/options/evaluate.ts";
import { UsageError } from "../util/errors.ts";
import type { CommandContext, Outcome, Screen } from "./command.ts";
import { annotations, jobSummary } from "./ci.ts";
import { dryRun, inputLines } from "./dry-run.ts";
import { emphasis, shown } from "./outcome.ts";

export async function runSuite(options: EvaluateOptions, context: CommandContext): Promise<Outcome> {
  const { evaluateSuite } = await import("../evaluate/suite/evaluate-suite.ts");
  const { suite, failures, output } = await evaluateSuite(options, context);
  if (output !== undefined) context.reporter.info(`${shown(output.dir)} holds suite.json, report.md and a folder per dataset`);
  const sections = suiteSections(suite);
  await jobSummary(() => titled(sections, "markdown"));
  const notes = options.report.includes("github") ? annotations(failures, "evaluation") : [];
  const { format } = options;
  if (format === "trec_eval") throw new UsageError("--format trec_eval prints one run: leave out --suite");
  return {
    result: { suite, failures, output },
    text: [titled(sections, format), ...notes].join("\n"),
    ...(format === "table" && {
      terminal: ({ columns, bold, plain }: Screen) =>
        [titled(sections, format, { width: columns, paint: emphasis(bold) }), ...notes.map(plain)].join("\n"),
    }),
    failed: failures,
  };
}

/** Several tables: each needs its title. */
function titled(sections: readonly Section[], format: PrintedFormat, style: TerminalStyle = {}): string {
  const title = (text: string): string => (format === "markdown" ? `### ${escapeMarkdown(text)}\n` : printable(text));
  return sections
    .filter(({ detail }) => detail !== true)
    .map((section) => `${title(section.title)}\n${printed([section], format, style)}`)
    .join("\n\n");
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

/** @file A suite by name or file: found, parsed, and everything wrong with it said at once. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { z } from "zod";
import type { Metric } from "../../../eval/metric.ts";
import { chooseMetrics } from "../../../eval/registry.ts";
import { Suite } from "../../schema/suite.ts";
import { closest } from "../../util/closest.ts";
import { UniconvError, UsageError } from "../../util/errors.ts";
import { readText } from "../../util/files.ts";
import { parseJson } from "../../util/json.ts";
import { plainly } from "../../util/jsonl.ts";
import { packageRoot } from "../../util/package-root.ts";
import { parseThresholds } from "../thresholds.ts";

export interface SuiteFile {
  suite: Suite;
  /** Where it lies, and what it is called in messages and manifests. */
  file: string;
  shown: string;
}

/** A dataset of a suite with the suite's defaults filled in. */
export type SuiteEntry = Suite["datasets"][number] & { name: string; input: string; metric: string[] };

const folder = (): string => join(packageRoot(), "eval", "suites");

export function suiteNames(): string[] {
  const files = readdirSync(folder()).filter((file) => file.endsWith(".json"));
  return files.map((file) => file.slice(0, -".json".length)).sort();
}

/** `named`: a shipped suite, or a path that ends in .json or has a slash. Everything wrong with it is a wrong command line (exit 2). */
export async function readSuite(named: string): Promise<SuiteFile & { entries: SuiteEntry[] }> {
  const { file, shown } = locate(named);
  let content: unknown;
  try {
    content = parseJson(readText(file), { file: shown });
  } catch (error) {
    if (error instanceof UniconvError) throw new UsageError(`--suite ${error.message}`, { cause: error });
    throw error;
  }
  const parsed = Suite.safeParse(content);
  if (!parsed.success) throw listed(shown, parsed.error.issues.flatMap(problemsOf));
  const { datasets, defaults } = parsed.data;
  const merged = datasets.map((entry) => ({ ...defaults, ...entry, name: entry.name ?? entry.dataset }));
  const entries = merged.map((entry, at) => ({ ...entry, fail_under: datasets[at]!.fail_under }));
  const problems = [twins(entries), ...(await Promise.all([thresholdProblems(defaults), ...entries.map(entryProblems)]))].flat();
  if (problems.length > 0) throw listed(shown, problems);
  const whole = entries.map((entry) => withShared(entry as SuiteEntry, defaults.fail_under));
  return { suite: parsed.data, file, shown, entries: await Promise.all(whole) };
}

function locate(named: string): { file: string; shown: string } {
  const names = suiteNames();
  if (names.includes(named)) return { file: join(folder(), `${named}.json`), shown: `eval/suites/${named}.json` };
  if (named.endsWith(".json") || named.includes("/")) return { file: named, shown: named };
  const near = closest(named, names);
  throw new UsageError(
    `--suite ${named}: no such suite${near === undefined ? "." : `; did you mean ${near}?`} There are ${names.join(", ")}; a suite of your own is a .json file`,
  );
}

const listed = (shown: string, problems: readonly string[]): UsageError =>
  new UsageError(problems.map((problem) => `--suite ${shown}: ${problem}`).join("\n"));

/** The thresholds of all datasets hold where their metric is asked for. */
async function withShared(entry: SuiteEntry, shared: Readonly<Record<string, number>>): Promise<SuiteEntry> {
  const asked = (await chooseMetrics(entry.metric)).map(({ label }) => label);
  const thresholds = (await parseThresholds(thresholdTexts(shared))).filter(({ chosen }) => asked.includes(chosen.label));
  const fail_under = Object.fromEntries(thresholds.map(({ chosen, least }) => [chosen.label, least]));
  return { ...entry, fail_under: { ...fail_under, ...entry.fail_under } };
}

function twins(entries: readonly { name: string }[]): string[] {
  const names = entries.map(({ name }) => name);
  const twice = new Set(names.filter((name, at) => names.indexOf(name) !== at));
  return [...twice].map((name) => `two datasets are called ${name}; give each a "name" of its own`);
}

/** What the schema cannot see: that there are paths for the metrics, that these exist, and that thresholds lie where scores do. */
async function entryProblems(entry: Suite["datasets"][number] & { name: string }): Promise<string[]> {
  const { name, input, run, responses, metric } = entry;
  const problems = [
    ...(input === undefined ? [`"input" is missing: the prepared folder`] : []),
    ...(metric === undefined ? [`"metric" is missing: what to measure`] : []),
    ...(run === undefined && responses === undefined ? [`"run" and "responses" are missing: give one or both`] : []),
  ];
  try {
    for (const { label, metric: chosen } of await chooseMetrics(metric ?? [])) {
      const needed = measuredOn(chosen);
      if (entry[needed] === undefined && problems.length === 0) problems.push(`${label} needs "${needed}"`);
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    problems.push(error.message);
  }
  return [...problems, ...(await thresholdProblems(entry))].map((problem) => `${name}: ${problem}`);
}

async function thresholdProblems({ fail_under }: Pick<SuiteEntry, "fail_under">): Promise<string[]> {
  try {
    await parseThresholds(thresholdTexts(fail_under), "fail_under");
    return [];
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return [error.message];
  }
}

/** What a metric is measured on. */
export const measuredOn = ({ kind }: Metric): "run" | "responses" => (kind === "retrieval" ? "run" : "responses");

/** As --fail-under takes them. */
export const thresholdTexts = (thresholds: Readonly<Record<string, number>>): string[] =>
  Object.entries(thresholds).map(([metric, least]) => `${metric}=${least}`);

function problemsOf(issue: z.core.$ZodIssue): string[] {
  const at = issue.path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  const place = at === "" ? "" : `${at.replace(/^\./, "")}: `;
  if (issue.code !== "unrecognized_keys") return [`${place}${plainly(issue.message)}`];
  const known = keysAt(issue.path);
  return issue.keys.map((key) => {
    const near = closest(key, known);
    return `${place}unknown key "${key}"${near === undefined ? `; known here: ${known.join(", ")}` : `; did you mean "${near}"?`}`;
  });
}

function keysAt([first]: readonly PropertyKey[]): string[] {
  if (first === "defaults") return Object.keys(Suite.shape.defaults.unwrap().shape);
  if (first === "datasets") return Object.keys(Suite.shape.datasets.element.shape);
  return Object.keys(Suite.shape);
}

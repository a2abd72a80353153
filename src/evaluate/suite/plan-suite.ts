/** @file From a suite and the command line to one evaluation per dataset; every path that is not there is said at once. */
import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { chooseMetrics } from "../../../eval/registry.ts";
import { EvaluateOptions } from "../../schema/options/evaluate.ts";
import { UsageError } from "../../util/errors.ts";
import { readReference } from "../../util/reference.ts";
import { type DeltaBase, deltaBase } from "./delta-base.ts";
import { type Extra, extraThresholds, thresholdsOf } from "./fail-under.ts";
import { refuseMissing } from "./missing.ts";
import { optionsOf, refuseSingle } from "./options.ts";
import { type PlannedDataset, type SuitePlan, SYSTEM } from "./planned.ts";
import { measuredOn, readSuite, type SuiteEntry, type SuiteFile } from "./read-suite.ts";

/** The name of the one system of a suite whose paths have no `{system}`. */
const ONLY = "ours";

export async function planSuite(options: EvaluateOptions): Promise<SuitePlan> {
  refuseSingle(options);
  // Known before anything is scored, which may take minutes.
  if (options.against !== undefined) readReference(options.against);
  const file = await readSuite(options.suite!);
  const systems = systemsOf(options, file);
  if (options.baseline !== undefined && !systems.includes(options.baseline))
    throw new UsageError(`--baseline ${options.baseline} names no system; there are ${systems.join(", ")}`);
  const extra = extraThresholds(options.fail_under, file.entries);
  const delta = await deltaBase(options, systems);
  const datasets = await Promise.all(file.entries.map((entry) => plan(entry, { options, systems, extra, delta })));
  for (const { text, metric, used } of extra)
    if (!used) throw new UsageError(`--fail-under ${text}: no dataset of ${file.suite.name} is measured with ${metric}`);
  refuseMissing(datasets, { options, file, systems });
  return { ...file, systems, datasets };
}

function systemsOf(
  { system, suite: named }: EvaluateOptions,
  { suite, entries }: { suite: SuiteFile["suite"]; entries: SuiteEntry[] },
): string[] {
  const templated = entries.some(({ run, responses }) => [run, responses].some((path) => path?.includes(SYSTEM)));
  if (!templated) {
    if (system.length > 0) throw new UsageError(`--system ${system[0]}: no path of --suite ${named} has {system} in it`);
    return suite.systems.length === 1 ? [...suite.systems] : [ONLY];
  }
  const systems = system.length > 0 ? system : suite.systems;
  if (systems.length === 0) {
    const example = entries.flatMap(({ run, responses }) => [run, responses]).find((path) => path?.includes(SYSTEM));
    throw new UsageError(`--suite ${named} needs --system NAME: it stands for {system} in its paths, as in ${example}`);
  }
  const bad = systems.find((name) => !/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name));
  if (bad !== undefined) throw new UsageError(`--system ${bad}: expected letters, digits, dots, dashes and underscores`);
  return [...new Set(systems)];
}

async function plan(
  entry: SuiteEntry,
  { options, systems, extra, delta }: { options: EvaluateOptions; systems: readonly string[]; extra: Extra[]; delta: DeltaBase },
): Promise<PlannedDataset> {
  const asked = await chooseMetrics(entry.metric);
  const thresholds = await thresholdsOf(entry, { asked: asked.map(({ label }) => label), extra });
  const path = (template: string, system = "") => {
    const filled = template.replaceAll("{dataset}", entry.name).replaceAll(SYSTEM, system);
    return isAbsolute(filled) ? filled : join(options.root ?? ".", filled);
  };
  const input = path(entry.input);
  const metrics = await chooseMetrics([...entry.metric, ...thresholds.map(({ chosen }) => chosen.label)]);
  const needed = (["run", "responses"] as const).filter((kind) => metrics.some(({ metric }) => measuredOn(metric) === kind));
  const parts = needed.flatMap((kind) => {
    const template = entry[kind];
    return template === undefined ? [] : systems.map((system) => ({ system, kind, path: path(template, system) }));
  });
  const there = parts.filter((part) => existsSync(part.path));
  const scorable = asked.filter(({ metric }) => there.some(({ kind }) => measuredOn(metric) === kind));
  const beside = (["qrels", "passages"] as const).flatMap((option) => {
    const template = entry[option];
    return template === undefined ? [] : [{ option, path: path(template) }];
  });
  const named = (kind: "run" | "responses") => there.filter((part) => part.kind === kind).map((part) => `${part.system}=${part.path}`);
  const needs = [{ option: "input" as const, path: input }, ...beside];
  const absent = needs.find((one) => !existsSync(one.path))?.path ?? (scorable.length === 0 ? parts[0]?.path : undefined);
  return {
    entry,
    input,
    files: [...needs, ...parts.map(({ kind, path: file }) => ({ option: kind, path: file }))],
    metrics,
    thresholds,
    holes: parts.filter((part) => !there.includes(part)),
    missing: absent === undefined ? undefined : `${absent} is missing`,
    options:
      absent === undefined
        ? EvaluateOptions.parse({
            ...optionsOf(entry, options),
            input,
            ...Object.fromEntries(beside.map(({ option, path: file }) => [option, file])),
            run: named("run"),
            responses: named("responses"),
            metric: scorable.map(({ label }) => label),
            fail_under: thresholds.map(({ chosen, least }) => `${chosen.label}=${least}`),
            delta_from: delta(
              entry.name,
              there.map(({ system }) => system),
            ),
            baseline: there.some(({ system }) => system === options.baseline) ? options.baseline : undefined,
          })
        : undefined,
  };
}

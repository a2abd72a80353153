/** @file `uniconv compare` of two suites: dataset by dataset. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Change } from "../../schema/change.ts";
import type { CompareOptions } from "../../schema/options/compare.ts";
import { DataError } from "../../util/errors.ts";
import type { Reporter } from "../../util/reporter.ts";
import { type CompareResult, compareTwo } from "../stored/compare-two.ts";
import { refusePartial } from "../partial.ts";
import type { StoredEvaluation } from "../stored/stored.ts";
import type { Threshold } from "../thresholds.ts";
import { datasetOf, readSuiteFolder } from "./stored-suite.ts";
import { SUMMARY } from "./write-suite.ts";

/** Throws `DataError` where one is a suite and the other is not. */
export async function areSuites({ base, new: next }: CompareOptions): Promise<boolean> {
  const suites = [base, next].filter((path) => existsSync(join(path, SUMMARY)));
  if (suites.length !== 1) return suites.length === 2;
  const other = suites[0] === base ? next : base;
  if (!existsSync(other)) throw new DataError("no such file or directory", { file: other });
  throw new DataError(`holds one evaluation, ${suites[0]} a suite; compare it with ${suites[0]}/DATASET/metrics.json`, { file: other });
}

export async function compareSuites(
  options: CompareOptions,
  { allowed, reporter }: { allowed: readonly Threshold[]; reporter: Reporter },
): Promise<CompareResult> {
  const [base, next] = [await readSuiteFolder(options.base), await readSuiteFolder(options.new)];
  refusePartial([base, next], { by: "compare", allowed: options.allow_partial });
  const shared = base.names.filter((name) => next.names.includes(name));
  if (shared.length === 0)
    throw new DataError(`has the datasets ${next.names.join(", ")}, ${base.path} has ${base.names.join(", ")}: none is in both`, {
      file: next.path,
    });
  const result: CompareResult = { changes: [], failures: [] };
  for (const name of shared) {
    const said = { ...reporter, info: reporter.info.bind(reporter), warn: (text: string) => reporter.warn(`${name}: ${text}`) };
    const pair = { base: await datasetOf(base, name), next: await datasetOf(next, name) };
    // A metric is asked of the datasets that have it.
    const known = allowed.filter(({ chosen }) => [pair.base, pair.next].some((one) => hasMetric(one, chosen.label)));
    const { changes, failures } = compareTwo(pair, { options, allowed: known, reporter: said });
    result.changes.push(...changes.map((change): Change => ({ dataset: name, ...change })));
    result.failures.push(...failures.map((text) => `${name}: ${text}`));
  }
  for (const { chosen, least } of allowed)
    if (!result.changes.some(({ metric }) => metric === chosen.label))
      result.failures.push(`${chosen.label}: no dataset has it, a drop of at most ${least} was asked for`);
  for (const name of base.names.filter((one) => !next.names.includes(one))) {
    reporter.warn(`${name}: evaluated in ${base.path}, not in ${next.path}`);
    // What is gone has dropped, as a metric that is gone has.
    if (allowed.length > 0) result.failures.push(`${name}: is no longer there`);
  }
  for (const name of next.names.filter((one) => !base.names.includes(one))) reporter.warn(`${name}: not evaluated in ${base.path}`);
  return result;
}

const hasMetric = ({ metrics }: StoredEvaluation, label: string): boolean =>
  Object.values(metrics.results).some((scores) => label in scores);

/** @file What changed between two evaluations, and whether that is a regression. */
import type { Change } from "../../schema/change.ts";
import type { CompareOptions } from "../../schema/options/compare.ts";
import { DataError } from "../../util/errors.ts";
import type { Reporter } from "../../util/reporter.ts";
import { unlikeSettings } from "./settings.ts";
import { pairedTest } from "../statistics/significance.ts";
import { leadOf, metricsIn, type StoredEvaluation } from "./stored.ts";
import type { Threshold } from "../thresholds.ts";

export interface CompareResult {
  changes: Change[];
  /** What --max-drop found, a sentence each. */
  failures: string[];
}

/** Both whole; of a suite, one dataset of it. */
export function compareTwo(
  { base, next }: { base: StoredEvaluation; next: StoredEvaluation },
  { options, allowed, reporter }: { options: CompareOptions; allowed: readonly Threshold[]; reporter: Reporter },
): CompareResult {
  const { paired, gone } = pairs(base, next, reporter);
  const changes = paired.flatMap(({ name, from, to }) => changesOf({ name, from, to, base, next }, options));
  for (const warning of differences(base, next, changes)) reporter.warn(warning);
  // As under --fail-under: what is added is no subject of thresholds.
  const added = leadOf(next.metrics);
  const failures = allowed.flatMap(({ chosen: { label }, least: most }) => {
    const found = changes.filter(({ system, metric }) => metric === label && system !== added);
    const lost = gone.flatMap((system) => lostScore({ system, metric: label, was: base.metrics.results[system]![label] }) ?? []);
    if (found.length + lost.length === 0) return [`${label}: neither evaluation has it, a drop of at most ${most} was asked for`];
    return [...found.flatMap((change) => verdict(change, most) ?? []), ...lost];
  });
  return { changes, failures };
}

interface SystemPair {
  name: string;
  from: string;
  to: string;
}

/**
 * Systems of the same name; the only system of each, whatever it is called. The rows of our own are no system that a name could match.
 * `gone`: systems of base alone.
 */
function pairs(base: StoredEvaluation, next: StoredEvaluation, reporter: Reporter): { paired: SystemPair[]; gone: string[] } {
  const [ours, theirs] = [leadOf(base.metrics), leadOf(next.metrics)];
  const before = Object.keys(base.metrics.results).filter((name) => name !== ours);
  const after = Object.keys(next.metrics.results).filter((name) => name !== theirs);
  const leads = ours === undefined || theirs === undefined ? [] : [{ name: theirs, from: ours, to: theirs }];
  if (before.length === 1 && after.length === 1)
    return { paired: [{ name: after[0]!, from: before[0]!, to: after[0]! }, ...leads], gone: [] };
  const shared = after.filter((name) => before.includes(name));
  if (shared.length === 0)
    throw new DataError(
      `has the systems ${after.join(", ")}, ${base.path} has ${before.join(", ")}: none is in both; evaluate gives a run its name by --run NAME=PATH`,
      { file: next.path },
    );
  const gone = before.filter((one) => !shared.includes(one));
  for (const name of gone) reporter.warn(`${name}: scored in ${base.path}, not in ${next.path}`);
  for (const name of after.filter((one) => !shared.includes(one))) reporter.warn(`${name}: not scored in ${base.path}`);
  return { paired: [...shared.map((name) => ({ name, from: name, to: name })), ...leads], gone };
}

function changesOf(
  { name, from, to, base, next }: SystemPair & { base: StoredEvaluation; next: StoredEvaluation },
  { permutations, seed }: CompareOptions,
): Change[] {
  const [before, after] = [base.metrics.results[from]!, next.metrics.results[to]!];
  const labels = [...new Set([...metricsIn(before), ...metricsIn(after)])];
  return labels.map((metric) => {
    const differences = paired(base.scores?.get(from)?.get(metric), next.scores?.get(to)?.get(metric));
    const turns = (evaluation: StoredEvaluation, system: string) => evaluation.metrics["n-samples"][system]?.[metric] ?? 0;
    return {
      system: name,
      metric,
      base: before[metric] ?? null,
      new: after[metric] ?? null,
      n: [turns(base, from), turns(next, to)],
      p: differences === undefined ? null : pairedTest(differences, { permutations, seed }).randomisationP,
      higher_is_better: next.metrics.higher_is_better[to]?.[metric] ?? base.metrics.higher_is_better[from]?.[metric] ?? true,
    };
  });
}

function paired(base: ReadonlyMap<string, number> | undefined, next: ReadonlyMap<string, number> | undefined): Float64Array | undefined {
  if (base === undefined || next === undefined) return undefined;
  const shared = [...next].flatMap(([turn, score]) => (base.has(turn) ? [score - base.get(turn)!] : []));
  return shared.length === 0 ? undefined : Float64Array.from(shared);
}

/** Why a change is not allowed; undefined where it is. A score that is gone has dropped. */
function verdict({ system, metric, base, new: now, higher_is_better }: Change, most: number): string | undefined {
  if (base === null) return undefined;
  if (now === null) return lostScore({ system, metric, was: base });
  const drop = higher_is_better ? base - now : now - base;
  // Scores that print alike to twelve places are alike.
  if (drop <= most + 1e-12) return undefined;
  return `${system}: ${metric} went from ${base.toFixed(4)} to ${now.toFixed(4)}, ${drop.toFixed(4)} worse; at most ${most} was allowed`;
}

function lostScore({ system, metric, was }: { system: string; metric: string; was: number | null | undefined }): string | undefined {
  return was === null || was === undefined ? undefined : `${system}: ${metric} is no longer there (it was ${was.toFixed(4)})`;
}

/** What makes two evaluations hard to compare. */
function differences(base: StoredEvaluation, next: StoredEvaluation, changes: readonly Change[]): string[] {
  const settings = unlikeSettings(base.metrics.config, next.metrics.config);
  const sizes = [...new Set(changes.filter(({ n }) => n[0] !== n[1] && n[0] > 0 && n[1] > 0).map(({ n }) => `${n[0]} against ${n[1]}`))];
  return [
    ...(settings.length > 0 ? [`the two were not measured alike (${settings.join("; ")})`] : []),
    ...(sizes.length > 0 ? [`the two are averages over different numbers of turns (${sizes.join("; ")})`] : []),
  ];
}

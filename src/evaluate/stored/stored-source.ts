/** @file What figures are drawn from, of evaluations read back: one, or several over each other. */
import { chooseMetrics } from "../../../eval/registry.ts";
import type { FigureSource } from "../../report/figures/source.ts";
import type { Breakdown, Cell, Evaluation, System } from "../../schema/evaluation.ts";
import type { MetricsFile } from "../../schema/metrics-file.ts";
import { UsageError } from "../../util/errors.ts";
import { leadOf, type StoredEvaluation } from "./stored.ts";

/** A system as the figures call it, and as its evaluation does. */
interface Place {
  shown: string;
  stored: string;
  evaluation: StoredEvaluation;
}

export interface Named {
  name: string;
  evaluation: StoredEvaluation;
}

/** Throws `UsageError` where `baseline` names no system. */
export async function storedSource(evaluations: readonly Named[], baseline: string | undefined): Promise<FigureSource> {
  const places = placesOf(evaluations);
  if (baseline !== undefined && !places.some(({ shown }) => shown === baseline))
    throw new UsageError(`--baseline ${baseline} names no system; there are ${places.map(({ shown }) => shown).join(", ")}`);
  const systems = places.map((place): System => ({ name: place.shown, role: roleOf(place), cells: cellsOf(place) }));
  const shownAs = (evaluation: StoredEvaluation, stored: string): string | undefined =>
    places.find((place) => place.evaluation === evaluation && place.stored === stored)?.shown;
  const of = (name: string): Place => places.find(({ shown }) => shown === name)!;
  const tested = evaluations.length === 1 ? evaluations[0]!.evaluation.metrics.comparisons[0]?.baseline : undefined;
  return {
    metrics: await metricsOf(systems, places),
    systems,
    breakdowns: breakdownsOf(evaluations, shownAs),
    consistency: evaluations.flatMap(({ evaluation }) =>
      evaluation.metrics.consistency.flatMap((one) => {
        const system = shownAs(evaluation, one.system);
        return system === undefined ? [] : [{ ...one, system }];
      }),
    ),
    baseline: baseline ?? tested ?? systems.find(({ role }) => role === "system")?.name,
    scores(system, metric) {
      const { evaluation, stored } = of(system);
      return evaluation.scores?.get(stored)?.get(metric);
    },
  };
}

/** A name that two evaluations use is told apart by theirs; what is the same in both (the baseline we add) stands there once. */
function placesOf(evaluations: readonly Named[]): Place[] {
  const all = evaluations.flatMap(({ name, evaluation }) => {
    const systems = Object.keys(evaluation.metrics.results);
    const only = evaluations.length > 1 && systems.filter((stored) => !isLead(evaluation.metrics, stored)).length === 1;
    return systems.map((stored) => ({ shown: only && !isLead(evaluation.metrics, stored) ? name : stored, name, stored, evaluation }));
  });
  const first = (place: (typeof all)[number]): boolean =>
    all.find((other) => other.stored === place.stored && sameScores(other, place)) === place ||
    !isLead(place.evaluation.metrics, place.stored);
  const kept = all.filter(first);
  return kept.map(({ name, ...place }) =>
    kept.filter(({ shown }) => shown === place.shown).length > 1 ? { ...place, shown: `${name}: ${place.shown}` } : place,
  );
}

const sameScores = (a: Place, b: Place): boolean =>
  JSON.stringify(a.evaluation.metrics.results[a.stored]) === JSON.stringify(b.evaluation.metrics.results[b.stored]);

const isLead = (metrics: MetricsFile, system: string): boolean => system === leadOf(metrics);

const roleOf = ({ evaluation, stored }: Place): System["role"] => (isLead(evaluation.metrics, stored) ? "baseline" : "system");

function cellsOf({ evaluation: { metrics }, stored }: Place): Cell[] {
  const scores = metrics.results[stored]!;
  return Object.keys(metrics.higher_is_better[stored] ?? {}).map((metric) => {
    const [low, high] = [scores[`${metric}_ci95_low`], scores[`${metric}_ci95_high`]];
    const reason = metrics.missing[stored]?.[metric];
    return {
      metric,
      value: scores[metric] ?? null,
      n: metrics["n-samples"][stored]?.[metric] ?? 0,
      ...(reason === undefined ? {} : { reason }),
      ...(low == null || high == null ? {} : { interval: [low, high] as const }),
    };
  });
}

/** The file does not say which metrics are counts; a label that we do not know is taken for a score. */
async function metricsOf(systems: readonly System[], places: readonly Place[]): Promise<Evaluation["metrics"]> {
  const labels = [...new Set(systems.flatMap(({ cells }) => cells.map(({ metric }) => metric)))];
  return Promise.all(
    labels.map(async (label) => {
      const known = await chooseMetrics([label]).catch(() => []);
      const stored = places.find(({ evaluation, stored: system }) => label in (evaluation.metrics.higher_is_better[system] ?? {}))!;
      const higher = stored.evaluation.metrics.higher_is_better[stored.stored]![label]!;
      return { label, count: known.some(({ metric }) => metric.aggregate === "sum"), higher_is_better: higher };
    }),
  );
}

function breakdownsOf(
  evaluations: readonly Named[],
  shownAs: (evaluation: StoredEvaluation, stored: string) => string | undefined,
): Breakdown[] {
  const names = [...new Set(evaluations.flatMap(({ evaluation }) => Object.keys(evaluation.metrics.breakdowns)))];
  return names.map((by) => ({
    by,
    groups: evaluations.flatMap(({ evaluation }) =>
      Object.entries(evaluation.metrics.breakdowns[by] ?? {}).flatMap(([group, systems]) =>
        Object.entries(systems).flatMap(([stored, scores]) => {
          const system = shownAs(evaluation, stored);
          if (system === undefined) return [];
          const cells = Object.entries(scores).map(([metric, { score, n, ci95 }]) => ({
            metric,
            value: score,
            n,
            ...(ci95 && { interval: ci95 }),
          }));
          return [{ group, system, cells }];
        }),
      ),
    ),
  }));
}

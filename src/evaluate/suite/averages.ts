/** @file Macro averages of a suite: every dataset counts alike, however many turns it has. */
import type { MacroAverage } from "../../schema/suite-evaluation.ts";
import type { Measured } from "./measure.ts";

/** Of metrics that are means over turns, asked for on two datasets or more; no average over holes. */
export function macroAverages(measured: readonly Measured[], systems: readonly string[]): MacroAverage[] {
  const labels = new Set(
    measured.flatMap(({ plan }) => plan.metrics.flatMap(({ metric, label }) => (metric.aggregate === "mean" ? [label] : []))),
  );
  return systems.flatMap((system) =>
    [...labels].flatMap((metric) => {
      const asked = measured.filter(({ plan }) => plan.metrics.some(({ label }) => label === metric));
      if (asked.length < 2) return [];
      const values = asked.map(({ dataset }) => scoreOf(dataset.evaluation, system, metric));
      const datasets = asked.map(({ dataset }) => dataset.name);
      return [{ system, metric, value: values.includes(null) ? null : mean(values as number[]), datasets }];
    }),
  );
}

function scoreOf(evaluation: Measured["dataset"]["evaluation"], system: string, metric: string): number | null {
  const cells = evaluation?.systems.find(({ name, role }) => name === system && role === "system")?.cells;
  return cells?.find((cell) => cell.metric === metric)?.value ?? null;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

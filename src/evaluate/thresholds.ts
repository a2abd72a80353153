/** @file `METRIC=x` of --fail-under and --max-drop: read, and the first judged. */
import { chooseMetrics, type ChosenMetric } from "../../eval/registry.ts";
import type { Evaluation, Verdict } from "../schema/evaluation.ts";
import { UsageError } from "../util/errors.ts";

export interface Threshold {
  chosen: ChosenMetric;
  least: number;
}

export async function parseThresholds(texts: readonly string[], flag = "--fail-under"): Promise<Threshold[]> {
  return Promise.all(texts.map((text) => parseThreshold(text, flag)));
}

async function parseThreshold(text: string, flag: string): Promise<Threshold> {
  const equals = text.lastIndexOf("=");
  const number = text.slice(equals + 1);
  if (equals < 1 || !/^-?\d*\.?\d+(e-?\d+)?$/.test(number))
    throw new UsageError(`${flag} ${text}: expected METRIC=x, for example nDCG@3=0.40`);
  const [chosen, another] = await chooseMetrics([text.slice(0, equals)]);
  if (another !== undefined)
    throw new UsageError(
      `${flag} ${text}: names several metrics (${chosen!.label}, ${another.label}, …); give each a threshold of its own`,
    );
  const least = Number(number);
  if (chosen!.metric.aggregate !== "sum" && (least > 1 || least < 0))
    throw new UsageError(
      `${flag} ${text}: thresholds lie between 0 and 1${least > 1 ? `; tables print scores × 100, so write ${chosen!.label}=${least / 100}` : ""}`,
    );
  return { chosen: chosen!, least };
}

/** Every system under every threshold; a score that does not exist cannot pass. */
export function verdicts({ systems }: Evaluation, thresholds: readonly Threshold[]): Verdict[] {
  return thresholds.flatMap(({ chosen: { label: metric }, least }) => {
    const judged = systems
      .filter(({ role }) => role === "system")
      .flatMap(({ name, cells }) => cells.filter((cell) => cell.metric === metric).map((cell) => ({ name, cell })));
    const asked = `at least ${least} was asked for`;
    if (judged.length === 0) return [{ system: "", metric, least, problem: `${metric}: no system has it, ${least} was asked for` }];
    return judged.map(({ name: system, cell: { value, reason } }) => {
      if (value === null) return { system, metric, least, problem: `${system}: ${metric} is not available (${reason}), ${asked}` };
      return value < least
        ? { system, metric, least, problem: `${system}: ${metric} is ${value.toFixed(4)}, ${asked}` }
        : { system, metric, least };
    });
  });
}

/** @file `METRIC=x` of --fail-under and --max-drop: read, and the first judged. */
import { chooseMetrics, type ChosenMetric } from "../../eval/registry.ts";
import type { Evaluation } from "../schema/evaluation.ts";
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
  if (equals < 1 || !/^-?\d*\.?\d+$/.test(number)) throw new UsageError(`${flag} ${text}: expected METRIC=x, for example nDCG@3=0.40`);
  const [chosen] = await chooseMetrics([text.slice(0, equals)]);
  const least = Number(number);
  if (chosen!.metric.aggregate !== "sum" && (least > 1 || least < 0))
    throw new UsageError(
      `${flag} ${text}: thresholds lie between 0 and 1${least > 1 ? `; tables print scores × 100, so write ${chosen!.label}=${least / 100}` : ""}`,
    );
  return { chosen: chosen!, least };
}

/** What stayed below; a score that does not exist cannot pass. */
export function failures({ systems }: Evaluation, thresholds: readonly Threshold[]): string[] {
  return thresholds.flatMap(({ chosen: { label }, least }) => {
    const judged = systems
      .filter(({ role }) => role === "system")
      .flatMap(({ name, cells }) => cells.filter(({ metric }) => metric === label).map((cell) => ({ name, cell })));
    if (judged.length === 0) return [`${label}: no system has it, ${least} was asked for`];
    return judged
      .filter(({ cell }) => cell.value === null || cell.value < least)
      .map(({ name, cell }) =>
        cell.value === null
          ? `${name}: ${label} is not available (${cell.reason}), at least ${least} was asked for`
          : `${name}: ${label} is ${cell.value.toFixed(4)}, at least ${least} was asked for`,
      );
  });
}

/** @file --fail-under beside a suite: for every dataset measured with the metric, or for one. */
import { closest } from "../../util/closest.ts";
import { UsageError } from "../../util/errors.ts";
import { parseThresholds, type Threshold } from "../thresholds.ts";
import { type SuiteEntry, thresholdTexts } from "./read-suite.ts";

export interface Extra {
  text: string;
  dataset: string | undefined;
  metric: string;
  least: string;
  used: boolean;
}

/** `METRIC=x` for every dataset measured with it, `DATASET:METRIC=x` for one. */
export function extraThresholds(texts: readonly string[], entries: readonly SuiteEntry[]): Extra[] {
  const names = entries.map(({ name }) => name);
  return texts.map((text) => {
    const [, dataset, metric, least] = /^(?:([^:=]+):)?(.+)=([^=]*)$/.exec(text) ?? [];
    if (metric === undefined)
      throw new UsageError(`--fail-under ${text}: expected METRIC=x or DATASET:METRIC=x, for example ${names[0]}:nDCG@3=0.40`);
    if (dataset !== undefined && !names.includes(dataset)) {
      const near = closest(dataset, names);
      throw new UsageError(
        `--fail-under ${text}: the suite has no dataset ${dataset}${near ? `; did you mean ${near}?` : `; it has ${names.join(", ")}`}`,
      );
    }
    return { text, dataset, metric, least: least!, used: false };
  });
}

/** The dataset's own thresholds and what the command line says of it, which goes before; `used` is noted where it does. */
export async function thresholdsOf(
  entry: SuiteEntry,
  { asked, extra }: { asked: readonly string[]; extra: readonly Extra[] },
): Promise<Threshold[]> {
  const thresholds = new Map((await parseThresholds(thresholdTexts(entry.fail_under), "fail_under")).map((one) => [one.chosen.label, one]));
  for (const one of extra) {
    const [threshold] = await parseThresholds([`${one.metric}=${one.least}`]);
    const { label } = threshold!.chosen;
    if (one.dataset === undefined ? !asked.includes(label) : one.dataset !== entry.name) continue;
    one.used = true;
    thresholds.set(label, threshold!);
  }
  return [...thresholds.values()];
}

/** @file `uniconv compare`: two evaluations, or two suites dataset by dataset. */
import type { CompareOptions } from "../schema/options/compare.ts";
import type { StageContext } from "../util/reporter.ts";
import { type CompareResult, compareTwo } from "./stored/compare-two.ts";
import { refusePartial } from "./partial.ts";
import { readEvaluation } from "./stored/stored.ts";
import { areSuites, compareSuites } from "./suite/compare-suites.ts";
import { parseThresholds } from "./thresholds.ts";

export async function compare(options: CompareOptions, { reporter }: StageContext): Promise<CompareResult> {
  const allowed = await parseThresholds(options.max_drop, "--max-drop");
  if (await areSuites(options)) return compareSuites(options, { allowed, reporter });
  const [base, next] = [await readEvaluation(options.base), await readEvaluation(options.new)];
  refusePartial([base, next], { by: "compare", allowed: options.allow_partial });
  return compareTwo({ base, next }, { options, allowed, reporter });
}

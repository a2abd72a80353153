/** @file How answers are scored: whose F1, how several references are combined, which turns a metric leaves out. */
import type { AnswerOptions } from "../../../eval/metric.ts";
import { defaultMultiReference } from "../../../eval/text/f1-variants.ts";
import type { EvaluateOptions } from "../../schema/options/evaluate.ts";
import type { ChosenAnswerMetric } from "./score-responses.ts";

/** --multi-ref, or what the variant's own scorer does. */
export function answerOptions({ f1_variant, multi_ref }: Pick<EvaluateOptions, "f1_variant" | "multi_ref">): Required<AnswerOptions> {
  return { f1Variant: f1_variant, multiReference: multi_ref ?? defaultMultiReference(f1_variant) };
}

export interface AnswerGroup {
  metrics: ChosenAnswerMetric[];
  /** What each turn's answer is measured against. */
  targets: ReadonlyMap<string, readonly string[]>;
  /** Turns whose references say that there is no answer are left out. */
  answerableOnly: boolean;
}

/** The metrics by the turns they score: most take all, MS MARCO's leave out those that have no answer. */
export function groupByTurns(metrics: readonly ChosenAnswerMetric[], targets: ReadonlyMap<string, readonly string[]>): AnswerGroup[] {
  const groups: AnswerGroup[] = [];
  for (const chosen of metrics) {
    const { answerable } = chosen.metric;
    const kept = answerable && [...targets].some(([, texts]) => !answerable(texts)) ? answerable : undefined;
    const answerableOnly = kept !== undefined;
    const group = groups.find((one) => one.answerableOnly === answerableOnly);
    if (group !== undefined) group.metrics.push(chosen);
    else {
      const scored = kept ? new Map([...targets].filter(([, texts]) => kept(texts))) : targets;
      groups.push({ metrics: [chosen], targets: scored, answerableOnly });
    }
  }
  return groups;
}

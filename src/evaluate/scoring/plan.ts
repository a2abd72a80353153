/** @file The metrics asked for, by what each is measured on. */
import { chooseMetrics, type ChosenMetric } from "../../../eval/registry.ts";
import { OFFICIAL } from "../../../eval/trec-measures.ts";
import type { EvaluateOptions } from "../../schema/options/evaluate.ts";
import { parseThresholds } from "../thresholds.ts";
import { type ChosenCitationMetric, isCitation } from "./score-citations.ts";
import { type ChosenAnswerMetric, isAnswer } from "./score-responses.ts";
import { type ChosenRetrievalMetric, isRetrieval } from "./score-run.ts";

const DEFAULT = ["nDCG@3", "R@10", "RR", "F1"];

export interface Plan {
  metrics: ChosenMetric[];
  /** What was asked for by name: an error where it cannot be had. */
  explicit: ChosenMetric[];
  retrieval: ChosenRetrievalMetric[];
  answers: ChosenAnswerMetric[];
  citations: ChosenCitationMetric[];
}

export async function planMetrics(options: EvaluateOptions): Promise<Plan> {
  const defaults = options.format === "trec_eval" ? OFFICIAL : DEFAULT;
  const thresholds = (await parseThresholds(options.fail_under)).map(({ chosen }) => chosen.label);
  const explicit = await chooseMetrics(options.metric);
  const metrics = await chooseMetrics([...(options.metric.length > 0 ? options.metric : defaults), ...thresholds]);
  const [retrieval, answers, citations] = [metrics.filter(isRetrieval), metrics.filter(isAnswer), metrics.filter(isCitation)];
  return { metrics, explicit, retrieval, answers, citations };
}

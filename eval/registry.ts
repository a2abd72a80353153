/** @file Finds the metrics of eval/metrics/ and understands their names: `nDCG@3`, `MRR`, `ndcg_cut_3`, `P.5,10`. */
import { readdir } from "node:fs/promises";
import { UsageError } from "../src/util/errors.ts";
import { closest } from "../src/util/closest.ts";
import { absentMetric } from "./absent.ts";
import { metricLabel, type Metric } from "./metric.ts";
import { TREC_MEASURES } from "./trec-measures.ts";

/** A metric with its cutoff, as asked for. */
export interface ChosenMetric {
  readonly metric: Metric;
  readonly parameter: number;
  /** The spelling used in every output: `nDCG@3`. */
  readonly label: string;
}

let loaded: Promise<Metric[]> | undefined;

/** Every metric, by the order of file names. */
export function loadMetrics(): Promise<Metric[]> {
  return (loaded ??= scan());
}

async function scan(): Promise<Metric[]> {
  const folder = new URL("./metrics/", import.meta.url);
  const files = (await readdir(folder)).filter((name) => /\.[jt]s$/.test(name) && !name.endsWith(".d.ts")).sort();
  const modules = await Promise.all(files.map((file) => import(new URL(file, folder).href) as Promise<{ metric: Metric }>));
  return modules.map((module) => module.metric);
}

/** Understands a list of metric names; equal ones are merged, the first spelling's place kept. */
export async function chooseMetrics(names: readonly string[]): Promise<ChosenMetric[]> {
  const metrics = await loadMetrics();
  const chosen = new Map<string, ChosenMetric>();
  for (const name of names.flatMap((one) => TREC_MEASURES.get(one) ?? [one]))
    for (const one of parseMetric(name, metrics)) chosen.set(one.label, one);
  return [...chosen.values()];
}

function parseMetric(text: string, metrics: readonly Metric[]): ChosenMetric[] {
  const whole = findMetric(text, metrics);
  if (whole !== undefined) return [choose(whole, Infinity, text)];
  // The longest name wins, so that ndcg_cut_3 is not a cutoff of something shorter.
  for (let at = text.length - 1; at > 0; at--) {
    if (!/[@._-]/.test(text[at]!)) continue;
    const metric = findMetric(text.slice(0, at), metrics);
    if (metric === undefined) continue;
    const parameters = text.slice(at + 1);
    const variant = metric.kind === "retrieval" ? metric.variant?.(parameters) : undefined;
    if (variant !== undefined) return [choose(variant, Infinity, text)];
    return parameters.split(",").map((parameter) => choose(metric, parameter === "" ? Number.NaN : Number(parameter), text));
  }
  const absent = absentMetric(text);
  if (absent !== undefined) throw new UsageError(`metric "${text}": ${absent.name} is ${absent.reason}`);
  throw new UsageError(`unknown metric "${text}"${suggestion(text, metrics)} There are ${metrics.map(usage).join(", ")}`);
}

/** Names and aliases, whatever their case. */
function findMetric(name: string, metrics: readonly Metric[]): Metric | undefined {
  return metrics.find((metric) => spellings(metric).some((spelling) => spelling.toLowerCase() === name.toLowerCase()));
}

/** Every name a metric answers to. */
export function spellings(metric: Metric): string[] {
  return [metric.name, ...metric.aliases];
}

/** How a metric is written: `nDCG[@k]`, `R@k`. */
export function usage(metric: Metric): string {
  return metric.name + { none: "", "optional-cutoff": "[@k]", cutoff: "@k", order: "-n", "recall-point": "@x" }[metric.parameter];
}

function suggestion(text: string, metrics: readonly Metric[]): string {
  const [, name = text, between = "", cutoff = ""] = /^(.*?)([@._-]?)(\d[\d.]*)?$/.exec(text) ?? [];
  const near = closest(name.trim(), metrics.flatMap(spellings));
  if (near === undefined) return ".";
  return `; did you mean "${near}${cutoff === "" ? "" : between === "" ? "@" : between}${cutoff}"?`;
}

function choose(metric: Metric, parameter: number, text: string): ChosenMetric {
  const problem = parameterProblem(metric, parameter);
  const several = /,\s*[a-z]/i.test(text) ? "; several metrics are several --metric" : "";
  if (problem !== undefined) throw new UsageError(`metric "${text}": ${problem}${several}`);
  return { metric, parameter, label: metricLabel(metric, parameter) };
}

function parameterProblem(metric: Metric, parameter: number): string | undefined {
  const absent = parameter === Infinity;
  const rank = Number.isSafeInteger(parameter) && parameter >= 1;
  switch (metric.parameter) {
    case "none":
      return absent ? undefined : `${metric.name} takes no cutoff`;
    case "optional-cutoff":
      return absent || rank ? undefined : "the cutoff must be a whole number of at least 1";
    case "cutoff":
      return rank ? undefined : `${metric.name} needs a cutoff of at least 1: write ${metric.name}@10`;
    case "order":
      return rank && parameter <= 4 ? undefined : `${metric.name} needs an n-gram length from 1 to 4: write ${metric.name}-1`;
    case "recall-point":
      return parameter >= 0 && parameter <= 1 ? undefined : `${metric.name} needs a recall point from 0 to 1: write ${metric.name}@0.10`;
  }
}

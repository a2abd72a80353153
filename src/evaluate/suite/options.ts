/** @file Whose an option of evaluate is beside a suite: a dataset's, said in the suite's file; all datasets'; or the suite's as a whole. */
import { EvaluateOptions } from "../../schema/options/evaluate.ts";
import { UsageError } from "../../util/errors.ts";
import type { SuiteEntry } from "./read-suite.ts";

type Option = keyof EvaluateOptions;

const PATHS = ["input", "qrels", "passages", "run", "responses"] as const satisfies readonly Option[];
const PROTOCOL = [
  "split",
  "id_format",
  "averaging",
  "relevance_level",
  "depth",
  "f1_variant",
  "multi_ref",
  "citations",
] as const satisfies readonly Option[];
const OF_ALL = [
  "by",
  "bootstrap",
  "permutations",
  "seed",
  "allow_partial",
  "compare",
  "test",
  "holm_over",
] as const satisfies readonly Option[];
const OF_SUITE = [
  ...(["suite", "root", "system", "allow_missing", "against", "delta_from", "fail_under", "baseline"] as const),
  ...(["format", "per_turn", "report", "output", "resume", "overwrite"] as const),
] as const satisfies readonly Option[];

/** Every option has its place: a new one that is forgotten here is found by a test. */
export const PLACES: readonly Option[] = [...PATHS, "metric", ...PROTOCOL, ...OF_ALL, ...OF_SUITE];

/** What the evaluation of a dataset takes from the suite's file and from the command line. */
export function optionsOf(entry: SuiteEntry, options: EvaluateOptions): Record<string, unknown> {
  return {
    ...Object.fromEntries(PROTOCOL.map((key) => [key, entry[key]])),
    ...Object.fromEntries(OF_ALL.map((key) => [key, options[key]])),
  };
}

/** What a suite's file says cannot be said on the command line too. */
export function refuseSingle(options: EvaluateOptions): void {
  const defaults = EvaluateOptions.parse({});
  const own = [...PATHS, "metric", ...PROTOCOL] as const;
  const given = own.filter((key) => JSON.stringify(options[key]) !== JSON.stringify(defaults[key])).map((key) => key.replaceAll("_", "-"));
  if (options.format === "trec_eval") given.push("format trec_eval");
  if (options.per_turn) given.push("per-turn");
  if (given.length === 0) return;
  const flags = given.map((flag) => `--${flag}`).join(", ");
  throw new UsageError(`--suite says itself what is read and measured: leave out ${flags}, or copy the suite's file and change it there`);
}

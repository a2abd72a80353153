/** @file `uniconv help suites`: read off the files of eval/suites/. */
import { readSuite, suiteNames } from "../../evaluate/suite/read-suite.ts";
import { twoColumns } from "../help/layout.ts";

const COLUMNS = 100;

const EXAMPLE = `  {
    "name": "mine",
    "systems": ["bm25"],
    "defaults": { "input": "{dataset}/prepared", "run": "{dataset}/run-{system}", "metric": ["nDCG@3", "R@10"] },
    "datasets": [
      { "dataset": "inscit", "split": "dev", "turns": 502, "fail_under": { "nDCG@3": 0.5 } },
      { "dataset": "topiocqa", "split": "dev", "responses": "{dataset}/answers-{system}", "metric": ["nDCG@3", "F1"] }
    ]
  }`;

export async function text(): Promise<string> {
  const suites = await Promise.all(suiteNames().map(readSuite));
  const lines = suites.flatMap(({ suite, entries }) => [
    "",
    ...twoColumns([{ left: suite.name, right: suite.description }], COLUMNS),
    ...twoColumns(
      entries.map(({ name, split, turns, metric, fail_under }) => {
        const size = turns === undefined ? "" : `${turns.toLocaleString("en-US")} turns of `;
        const floors = Object.entries(fail_under).map(([label, least]) => `${label} >= ${least}`);
        return { left: `  ${name}`, right: [`${size}${split ?? "the held-out split"}: ${metric.join(" ")}`, ...floors].join("; ") };
      }),
      COLUMNS,
    ),
    ...twoColumns(
      [...new Set(entries.flatMap(({ input, run, responses }) => [input, run, responses]))].flatMap((path) =>
        path === undefined ? [] : [{ left: "  ROOT/", right: path }],
      ),
      COLUMNS,
    ),
  ]);
  return `uniconv evaluate --suite NAME --root ROOT [--system NAME ...] scores several datasets at once, into one table.
${lines.join("\n")}

{dataset} is a dataset of the suite, {system} what --system names (repeatable).

A suite of your own is a JSON file: uniconv evaluate --suite mine.json --root data

${EXAMPLE}

  paths     input (a prepared folder), run, responses, qrels, passages: below --root
  protocol  split, id_format, averaging, relevance_level, depth, f1_variant, multi_ref, citations: as in a single evaluation
  checks    fail_under; turns and judged are the sizes to expect: another number is said beside every score
  names     name tells two entries of one dataset apart; systems stand for {system} without --system; description, source and
            licence of the suite are yours to add
"defaults" holds for every dataset that does not say otherwise. A dataset needs input, metric, and run or responses or both.
--fail-under METRIC=x holds for every dataset with that metric, --fail-under DATASET:METRIC=x for one.
`;
}

/** @file `uniconv help suites`: read off the files of eval/suites/. */
import { readSuite, suiteNames } from "../../evaluate/suite/read-suite.ts";
import { twoColumns } from "../help/layout.ts";

const COLUMNS = 100;

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

{dataset} is a dataset of the suite, {system} what --system names (repeatable). A suite of your own is a JSON file with the same keys:
uniconv evaluate --suite FILE.json. A dataset takes the options of a single evaluation (input, qrels, passages, run, responses, split,
metric, id_format, averaging, relevance_level, depth, f1_variant, multi_ref, citations) and fail_under: {"nDCG@3": 0.4}; "turns" and "judged" are
the sizes to expect, "name" tells two entries of one dataset apart, "defaults" holds what all of them share.
--fail-under METRIC=x holds for every dataset with that metric, --fail-under DATASET:METRIC=x for one.
`;
}

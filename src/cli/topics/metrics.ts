/** @file `uniconv help metrics`: read off the files of eval/metrics/. */
import { absentNames } from "../../../eval/absent.ts";
import { loadMetrics, usage } from "../../../eval/registry.ts";
import { twoColumns } from "../help/layout.ts";

export async function text(): Promise<string> {
  const metrics = await loadMetrics();
  const section = (title: string, kind: string): string[] => [
    "",
    title,
    ...twoColumns(
      metrics.filter((metric) => metric.kind === kind).map((metric) => ({ left: usage(metric), right: about(metric) })),
      100,
    ),
  ];
  const lines = [
    "uniconv evaluate --metric NAME (repeatable); a cutoff follows as in nDCG@3. trec_eval's spellings work too.",
    ...section("Of a run, against relevance judgements:", "retrieval"),
    ...section("Of responses, against reference answers:", "answer"),
    ...section("Of responses, by the relevance of the passages they cite, as in [1][2]:", "citation"),
    "",
    `Not there yet: ${absentNames().join(", ")}.`,
    "Scores are 0 to 1 in files and thresholds (--fail-under nDCG@3=0.4), times 100 in tables.",
  ];
  return `${lines.join("\n")}\n`;
}

function about({ about: words, aliases }: { about: string; aliases: readonly string[] }): string {
  return aliases.length === 0 ? words : `${words} (also: ${aliases.join(", ")})`;
}

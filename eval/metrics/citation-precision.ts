/** @file Citation-P: how many of the passages an answer cites are relevant. */
import type { CitationMetric } from "../metric.ts";

export const metric: CitationMetric = {
  kind: "citation",
  name: "Citation-P",
  aliases: ["citation-precision"],
  about:
    "relevant passages cited / passages cited, by the judgements and not by entailment as in ALCE; a number without a passage is wrong, an answer that cites nothing scores 0",
  source: "after Gao et al., EMNLP 2023 (ALCE, citation precision), whose NLI model the turn's judgements replace",
  higherIsBetter: true,
  aggregate: "mean",
  parameter: "none",
  score: ({ cited, right }) => (cited === 0 ? 0 : right / cited),
  examples: [
    { cited: 3, right: 2, relevant: 2, score: 2 / 3 },
    { cited: 1, right: 1, relevant: 4, score: 1 },
    { cited: 0, right: 0, relevant: 1, score: 0 },
  ],
};

/** @file Citation-R: how many of a turn's relevant passages its answer cites. */
import type { CitationMetric } from "../metric.ts";

export const metric: CitationMetric = {
  kind: "citation",
  name: "Citation-R",
  aliases: ["citation-recall"],
  about: "relevant passages cited / relevant passages of the turn, shown to the model or not; 0 where the turn has none, as recall",
  source: "after Gao et al., EMNLP 2023 (ALCE, citation recall), whose NLI model the turn's judgements replace",
  higherIsBetter: true,
  aggregate: "mean",
  parameter: "none",
  score: ({ right, relevant }) => (relevant === 0 ? 0 : right / relevant),
  examples: [
    { cited: 3, right: 2, relevant: 2, score: 1 },
    { cited: 1, right: 1, relevant: 4, score: 0.25 },
    { cited: 2, right: 0, relevant: 0, score: 0 },
  ],
};

/** @file Bpref: of the judged pairs (relevant, nonrelevant), the share the ranking puts in the right order. */
import type { RetrievalMetric } from "../metric.ts";

export const metric: RetrievalMetric = {
  kind: "retrieval",
  name: "Bpref",
  aliases: [],
  about: "mean over relevant passages of 1 - min(nonrelevant above it, R) / min(N, R); unjudged passages are skipped",
  source: "Buckley and Voorhees, SIGIR 2004; trec_eval bpref",
  higherIsBetter: true,
  aggregate: "mean",
  parameter: "none",
  trec: () => "bpref",
  score({ grades, level, relevant, nonrelevant }) {
    let above = 0;
    let sum = 0;
    for (const grade of grades) {
      if (grade < 0) continue;
      if (grade < level) above++;
      else sum += above === 0 ? 1 : 1 - Math.min(above, relevant) / Math.min(nonrelevant, relevant);
    }
    return relevant === 0 ? 0 : sum / relevant;
  },
  examples: [
    { ranking: [0, 1, -1, 1, 0], judgements: [1, 1, 0, 0], score: 0.5 },
    // one relevant passage stands above both nonrelevant ones, the other below one of them
    { ranking: [1, 0, 1, 0], judgements: [1, 1, 0, 0], score: 0.75 },
  ],
};

/** @file num_nonrel_judged_ret: retrieved passages that somebody judged and found not relevant. */
import type { RetrievalMetric } from "../metric.ts";

export const metric: RetrievalMetric = {
  kind: "retrieval",
  name: "num_nonrel_judged_ret",
  aliases: [],
  about: "passages retrieved that are judged and not relevant",
  source: "trec_eval num_nonrel_judged_ret",
  higherIsBetter: false,
  aggregate: "sum",
  parameter: "none",
  trec: () => "num_nonrel_judged_ret",
  score({ grades, level }) {
    let count = 0;
    for (const grade of grades) if (grade >= 0 && grade < level) count++;
    return count;
  },
  examples: [{ ranking: [1, -1, 0, 2, 0], judgements: [1, 0, 2, 0, 0], level: 2, score: 3 }],
};

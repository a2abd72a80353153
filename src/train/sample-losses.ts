/** @file Which losses a training sample feeds. */
import type { TrainSample } from "../schema/records.ts";
import { DataError } from "../util/errors.ts";
import type { Objective, LossName } from "./step-graph.ts";

const answers = (sample: TrainSample) => sample.responses.length > 0;
const rests = (sample: TrainSample) => sample.positives.length > 0;

export const feedsLoss: Readonly<Record<LossName, (sample: TrainSample) => boolean>> = {
  L_R: (sample) => rests(sample) && sample.objectives.includes("retrieval"),
  L_G: (sample) => answers(sample) && sample.objectives.includes("generation"),
  L_CII: (sample) => rests(sample) && answers(sample) && sample.objectives.includes("context-identification"),
  L_RAG: (sample) => rests(sample) && answers(sample) && sample.objectives.includes("generation"),
};

/** The losses that have a weight and not one sample, each as a sentence. Throws `DataError` where that is all of them. */
export function idleLosses(samples: readonly TrainSample[], objective: Objective): string[] {
  const weights = [
    ["L_R", "retrieval_weight"],
    ["L_G", "gen_weight"],
    ["L_CII", "alpha"],
    ["L_RAG", "gen_rag_weight"],
  ] as const;
  const asked = weights.filter(([, key]) => objective[key] > 0);
  const idle = asked.filter(([name]) => !samples.some(feedsLoss[name]));
  const shown = idle.map(([name, key]) => `no sample feeds ${name}, whose weight ${key} is ${objective[key]}`);
  if (idle.length === asked.length) throw new DataError(`there is nothing to learn: ${shown.join("; ")}`);
  return shown;
}

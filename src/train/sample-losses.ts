/** @file Which losses a training sample feeds. */
import type { TrainSample } from "../schema/records.ts";
import { DataError } from "../util/errors.ts";
import { objectiveOf } from "./objective.ts";
import { copiesOf, type Stage } from "./stages.ts";
import type { Objective, LossName } from "./step-spec.ts";

const answers = (sample: TrainSample) => sample.responses.length > 0;
const rests = (sample: TrainSample) => sample.positives.length > 0;

export const feedsLoss: Readonly<Record<LossName, (sample: TrainSample) => boolean>> = {
  L_R: (sample) => rests(sample) && sample.objectives.includes("retrieval"),
  L_G: (sample) => answers(sample) && sample.objectives.includes("generation"),
  L_CII: (sample) => rests(sample) && answers(sample) && sample.objectives.includes("context-identification"),
  L_RAG: (sample) => rests(sample) && answers(sample) && sample.objectives.includes("generation"),
};

const WEIGHTS = [
  ["L_R", "retrieval_weight"],
  ["L_G", "gen_weight"],
  ["L_CII", "alpha"],
  ["L_RAG", "gen_rag_weight"],
] as const;

/** Whether a sample feeds any of the losses that have a weight. */
export function feedsAny(objective: Objective): (sample: TrainSample) => boolean {
  const asked = WEIGHTS.filter(([, key]) => objective[key] > 0).map(([name]) => feedsLoss[name]);
  return (sample) => asked.some((feeds) => feeds(sample));
}

/** The losses that have a weight and not one sample, each as a sentence. Throws `DataError` where that is all of them. */
export function idleLosses(samples: readonly TrainSample[], objective: Objective): string[] {
  const asked = WEIGHTS.filter(([, key]) => objective[key] > 0);
  const idle = asked.filter(([name]) => !samples.some(feedsLoss[name]));
  const shown = idle.map(([name, key]) => `no sample feeds ${name}, whose weight ${key} is ${objective[key]}`);
  if (idle.length === asked.length) throw new DataError(`there is nothing to learn: ${shown.join("; ")}`);
  return shown;
}

/** What is said of the data before the first update. Throws `DataError` where a stage has nothing to learn. */
export function dataWarnings(samples: readonly TrainSample[], stages: readonly Stage[]): string[] {
  const warnings: string[] = [];
  const place = (stage: Stage) => (stages.length > 1 ? `stage ${stage.number}: ` : "");
  for (const stage of stages) for (const idle of idleLosses(samples, objectiveOf(stage.options))) warnings.push(`${place(stage)}${idle}`);
  const feeds = stages.map(({ options }) => feedsAny(objectiveOf(options)));
  const idle = samples.filter((sample) => !feeds.some((feed) => feed(sample)));
  if (idle.length > 0) {
    const sources = [...new Set(idle.map(({ source }) => source))];
    const shown = sources.map((name) => `${name} ${idle.filter(({ source }) => source === name).length}`).join(", ");
    warnings.push(`${idle.length} of ${samples.length} samples feed none of the losses that have a weight and are left out: ${shown}`);
  }
  const batch_size = stages[0]!.asked_batch_size ?? stages[0]!.options.batch_size;
  const { hard_negatives, cii_distractors, warmup_steps } = stages[0]!.options;
  const total = stages.at(-1)!.end;
  const left = samples.length - idle.length;
  const { retrieval_weight, alpha } = objectiveOf(stages[0]!.options);
  if (left === 1 && batch_size > 1 && retrieval_weight + alpha > 0 && hard_negatives + cii_distractors === 0)
    throw new DataError(
      "only one sample is left: the contrastive losses have no negatives, and so are 0. Give more data or a larger --limit, or train with --objectives generation",
    );
  if (left * copiesOf(stages[0]!) < batch_size) warnings.push(`only ${left} samples for pools of ${batch_size}: every pool is smaller`);
  if (batch_size === 1) {
    const lonely = (feeds: (sample: TrainSample) => boolean, own: (sample: TrainSample) => boolean) =>
      samples.filter((sample) => feeds(sample) && !own(sample)).length;
    const without = {
      "hard negatives": hard_negatives > 0 ? lonely(feedsLoss.L_R, ({ negatives }) => negatives.length > 0) : 0,
      "earlier responses": cii_distractors > 0 ? lonely(feedsLoss.L_CII, ({ history }) => history.length > 0) : 0,
    };
    for (const [what, count] of Object.entries(without))
      if (count > 0)
        warnings.push(`${count} of ${samples.length} samples have no ${what}: alone in their pool, they teach nothing by contrast`);
  }
  if (warmup_steps >= total)
    warnings.push(`the run ends after ${total} updates, within its ${warmup_steps} warm-up steps: lower --warmup-steps`);
  return warnings;
}

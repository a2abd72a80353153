/** @file The pools of each stage: its own mixture, going on where the stage before it stopped. */
import type { TrainSample } from "../schema/records.ts";
import { mixture, type Mixture } from "./mixture.ts";
import { objectiveOf } from "./objective.ts";
import { feedsAny } from "./sample-losses.ts";
import type { Stage } from "./stages.ts";

export interface StageData {
  mixture: Mixture;
  /** The pool of the mixture that a pool of an update is. */
  poolOf(update: number, at: number): number;
  /** Passes over the mixture after `updates` updates of the run. */
  epochAfter(updates: number): number;
}

/**
 * Stages that draw from the same samples share one order: a border in the middle of an epoch repeats nothing and skips nothing. Where
 * mix or losses choose other samples, the next stage starts with the next epoch's number, so that no shuffle is seen twice.
 */
export function stageData(stages: readonly Stage[], samples: readonly TrainSample[]): StageData[] {
  const made: StageData[] = [];
  let last: { key: string; mixture: Mixture; next: number } | null = null;
  for (const { options, first, end } of stages) {
    const { gradient_accumulation_steps: accumulation } = options;
    const feeds = feedsAny(objectiveOf(options));
    const key = `${JSON.stringify(options.mix)} ${samples.map((sample) => (feeds(sample) ? 1 : 0)).join("")}`;
    const data: Mixture = last?.key === key ? last.mixture : mixture(samples, { ...options, feeds });
    const begun: number =
      last === null ? 0 : last.key === key ? last.next : Math.ceil(last.next / last.mixture.poolsPerEpoch) * data.poolsPerEpoch;
    const poolOf = (update: number, at: number) => begun + (update - first) * accumulation + at;
    made.push({ mixture: data, poolOf, epochAfter: (updates) => poolOf(updates, 0) / data.poolsPerEpoch });
    last = { key, mixture: data, next: poolOf(end, 0) };
  }
  return made;
}

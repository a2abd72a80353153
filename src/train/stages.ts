/** @file The stages of a run: which updates belong to which, with which options and which learning rate. */
import { OVERRIDABLE, type ResolvedTrainOptions } from "../schema/options/train.ts";
import { UsageError } from "../util/errors.ts";
import { rateAt } from "./schedule.ts";
import type { StepGraph } from "./step-graph.ts";

export interface Stage {
  /** 1-based, as people count. */
  number: number;
  /** The updates `first` … `end` - 1, counted from 0 over the run. */
  first: number;
  end: number;
  /** The run's options, the stage's own on top. */
  options: ResolvedTrainOptions;
  /** Where the options hold a smaller one, since there are fewer samples. */
  asked_batch_size?: number;
  /** The learning rate of an update of this stage. */
  rateAt(update: number): number;
}

/** The options of each stage: the run's, the stage's own on top; of a run without `stages` its own. Throws `UsageError`. */
export function stageOptions(options: ResolvedTrainOptions): ResolvedTrainOptions[] {
  if (options.stages.length === 0) return [options];
  return options.stages.map((stage, at) => {
    if (stage.warmup_steps !== undefined && stage.learning_rate === undefined)
      throw new UsageError(`stages[${at}]: warmup_steps belongs to a schedule of the stage's own; give it a learning_rate too`);
    const own = OVERRIDABLE.flatMap((key) => (stage[key] === undefined ? [] : [[key, stage[key]]]));
    return { ...options, ...(Object.fromEntries(own) as Partial<ResolvedTrainOptions>) };
  });
}

/**
 * Borders lie at the shares' places, rounded to updates. Stages without a learning rate of their own share the one schedule of the
 * run; a stage that names one has a schedule over its own updates: warm-up, peak, decay to its end. Throws `UsageError`.
 */
export function planStages(options: ResolvedTrainOptions, total: number): Stage[] {
  const parts = options.stages.length === 0 ? [{ share: 1 }] : options.stages;
  const shares = parts.reduce((sum, { share }) => sum + share, 0);
  let before = 0;
  let first = 0;
  return stageOptions(options).map((merged, index): Stage => {
    const { share, learning_rate }: { share: number; learning_rate?: number | undefined } = parts[index]!;
    before += share;
    const start = first;
    // The last border is the end, whatever the sum of shares was rounded to.
    const end = index === parts.length - 1 ? total : Math.min(total, Math.round((total * before) / shares));
    if (end === start)
      throw new UsageError(`stages[${index}] has the share ${share} of ${total} updates, less than one: train longer, or leave it out`);
    first = end;
    const rate =
      learning_rate === undefined
        ? (update: number) => rateAt(update, { ...options, total })
        : (update: number) => rateAt(update - start, { ...merged, total: end - start });
    return { number: index + 1, first: start, end, options: merged, rateAt: rate };
  });
}

/** No pool is larger than an epoch: a batch size far beyond it would cut the graph into blocks for rows that never come. */
export function withinReach(stage: Stage, samples: number): Stage {
  const { batch_size: asked_batch_size } = stage.options;
  return { ...stage, asked_batch_size, options: { ...stage.options, batch_size: Math.min(asked_batch_size, samples * copiesOf(stage)) } };
}

/** How often the heaviest source is drawn in an epoch, rounded up. */
export const copiesOf = ({ options }: Stage): number => Math.max(1, ...Object.values(options.mix).map(({ weight }) => Math.ceil(weight)));

export const stageOf = (stages: readonly Stage[], update: number): Stage => stages.find(({ end }) => update < end) ?? stages.at(-1)!;

/** Of the first `updates` updates, those of stages whose step does not train the tensor. */
export function updatesWithout(
  name: string,
  updates: number,
  { stages, steps }: { stages: readonly Stage[]; steps: readonly Pick<StepGraph, "trained">[] },
): number {
  return stages.reduce(
    (sum, { first, end }, at) => sum + (steps[at]!.trained.has(name) ? 0 : Math.max(0, Math.min(end, updates) - first)),
    0,
  );
}

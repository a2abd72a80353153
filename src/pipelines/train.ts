/** @file `uniconv train`: training, with the stages of an evaluation called in between as a user would call them. */
import type { TrainOptions } from "../schema/options/train.ts";
import { train } from "../train/train.ts";
import type { StageContext } from "../util/reporter.ts";
import { openDevSets } from "./dev-set.ts";
import { evaluateModel } from "./evaluate-model.ts";

export async function trainAndEvaluate(options: TrainOptions, context: StageContext): ReturnType<typeof train> {
  if (options.eval_input.length === 0) return train(options, context);
  const { sets, plan, inputs } = await openDevSets(options, context);
  const said = new Set<string>();
  return train(options, context, {
    inputs,
    metric: plan.metric,
    evaluate: (question, { reporter, signal }) => {
      // What every evaluation says again is said once; what a stage says of itself is for who calls it by hand.
      const warn = (message: string): void => {
        const key = message.replaceAll(question.folder, "");
        if (!said.has(key)) reporter.warn(message);
        said.add(key);
      };
      const label = `evaluation at update ${question.update}`;
      const quiet: StageContext = {
        reporter: {
          info() {},
          warn,
          progress: (one) => reporter.progress({ ...one, label: `${label}: ${one.label}`, passing: true }),
        },
        signal,
      };
      return evaluateModel({ ...question, sets, plan, options }, quiet);
    },
  });
}

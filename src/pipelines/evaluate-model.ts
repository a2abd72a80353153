/** @file One evaluation of a model directory on dev sets: build-index, retrieve, generate, evaluate, in artifacts that nobody keeps. */
import { join } from "node:path";
import { evaluate } from "../evaluate/evaluate.ts";
import { generate } from "../generate/generate.ts";
import { retrieve } from "../retrieve/retrieve.ts";
import { BuildIndexOptions } from "../schema/options/build-index.ts";
import { EvaluateOptions } from "../schema/options/evaluate.ts";
import { GenerateOptions } from "../schema/options/generate.ts";
import { RetrieveOptions } from "../schema/options/retrieve.ts";
import type { TrainOptions } from "../schema/options/train.ts";
import type { EvaluationAnswer, EvaluationQuestion } from "../train/dev-evaluation.ts";
import type { StageContext } from "../util/reporter.ts";
import { buildIndex } from "./build-index.ts";
import type { DevSet, EvaluationPlan } from "./dev-set.ts";

export interface ModelEvaluation extends EvaluationQuestion {
  sets: readonly DevSet[];
  plan: EvaluationPlan;
  options: TrainOptions;
}

/** Scores by metric, as `joined` has them. */
export async function evaluateModel(evaluation: ModelEvaluation, context: StageContext): Promise<EvaluationAnswer> {
  const found = new Map<string, Record<string, number>>();
  for (const set of evaluation.sets) found.set(set.name, await evaluateOn(set, evaluation, context));
  return { scores: joined(found) };
}

/** Of one set its own scores; of several the mean of those that have the metric, and each one's as `<set>_<metric>`. */
export function joined(found: ReadonlyMap<string, Readonly<Record<string, number>>>): Record<string, number> {
  const all = [...found.values()];
  if (all.length === 1) return { ...all[0] };
  const metrics = [...new Set(all.flatMap((scores) => Object.keys(scores)))];
  const means = metrics.map((metric) => {
    const values = all.flatMap((scores) => scores[metric] ?? []);
    return [metric, values.reduce((sum, value) => sum + value, 0) / values.length] as const;
  });
  const each = [...found].flatMap(([name, scores]) =>
    Object.entries(scores).map(([metric, value]) => [`${name}_${metric}`, value] as const),
  );
  return Object.fromEntries([...means, ...each]);
}

/** Every option that is not given here is the command's own default: run by hand, the commands print the same figures. */
async function evaluateOn(
  { name, dir: input, split, answered }: DevSet,
  { model, folder, plan, options }: ModelEvaluation,
  context: StageContext,
): Promise<Record<string, number>> {
  const { device, threads, eval_batch_size: batch_size } = options;
  // An evaluation that was interrupted goes on; what another model left is replaced.
  const how = { input, model, device, threads, batch_size, resume: true, overwrite: true };
  const at = (stage: string): string => join(folder, "stages", name, stage);
  const index = at("index");
  const run = at("run");
  await buildIndex(BuildIndexOptions.parse({ ...how, output: index }), context);
  await retrieve(RetrieveOptions.parse({ ...how, split, index, output: run }), context);
  const judge = { input, split, bootstrap: 0, permutations: 0 };
  const rankings = await evaluate(EvaluateOptions.parse({ ...judge, run: [run], metric: plan.ofRuns }), context);
  if (!answered) return scoresOf(rankings);
  const { eval_generate: limit, eval_max_new_tokens: max_new_tokens } = options;
  const responses = at("responses");
  await generate(GenerateOptions.parse({ ...how, split, run, limit, max_new_tokens, output: responses }), context);
  // Only the turns that were answered count, as was asked for.
  const silent = { ...context, reporter: { ...context.reporter, warn() {} } };
  const answering = { ...judge, responses: [responses], metric: plan.ofAnswers, averaging: "intersection" };
  const answers = await evaluate(EvaluateOptions.parse(answering), silent);
  return { ...scoresOf(rankings), ...scoresOf(answers) };
}

function scoresOf({ evaluation }: Awaited<ReturnType<typeof evaluate>>): Record<string, number> {
  const cells = evaluation.systems.find(({ role }) => role === "system")!.cells;
  return Object.fromEntries(cells.flatMap(({ metric, value }) => (value === null ? [] : [[metric, value]])));
}

/** @file The dev sets of a training run, checked before it starts: an evaluation that cannot work must not fail hours later. */
import { basename, resolve } from "node:path";
import { planMetrics } from "../evaluate/scoring/plan.ts";
import { contextLength } from "../models/context.ts";
import { modelFromConfig } from "../models/loader.ts";
import { EvaluateOptions } from "../schema/options/evaluate.ts";
import type { TrainOptions } from "../schema/options/train.ts";
import type { FileEntry } from "../schema/manifest.ts";
import { type Artifact, openArtifact } from "../util/artifact.ts";
import { DataError, UsageError } from "../util/errors.ts";
import { inputEntry, PASSAGES, QRELS, readTurns, type Split, TURNS } from "../util/prepared.ts";
import { readQrels } from "../util/qrels.ts";
import type { StageContext } from "../util/reporter.ts";
import { openCheckpoint } from "../weights/checkpoint.ts";

export interface DevSet {
  /** Tells the sets apart in files and metrics: the folder's last name. */
  name: string;
  dir: string;
  /** Absent: every turn. */
  split: Split | undefined;
  /** Some of the turns that are answered have a reference. */
  answered: boolean;
}

export interface EvaluationPlan {
  /** As scores spell it. */
  metric: string;
  /** Of rankings, and of answers. */
  ofRuns: readonly string[];
  ofAnswers: readonly string[];
}

const RETRIEVAL = ["nDCG@3", "R@10", "RR"];
const ANSWERS = ["F1"];

/** Throws `UsageError` or `DataError` for a set that has no passages, or nothing that the metric could measure. */
export async function openDevSets(
  options: TrainOptions,
  { reporter }: StageContext,
): Promise<{ sets: DevSet[]; plan: EvaluationPlan; inputs: FileEntry[] }> {
  const { eval_input, eval_generate: answers, metric_for_best_model: asked } = options;
  // transformers accepts the name with and without the prefix of its logs.
  const { explicit, answers: ofAnswers } = await planMetrics(EvaluateOptions.parse({ metric: [asked.replace(/^eval_/, "")] }));
  const [best] = explicit;
  if (best === undefined || explicit.length > 1) throw new UsageError(`--metric-for-best-model ${asked}: one metric was expected`);
  if (!best.metric.higherIsBetter) throw new UsageError(`--metric-for-best-model ${asked}: higher must be better`);
  const needsAnswers = ofAnswers.length > 0;
  if (needsAnswers && answers === 0)
    throw new UsageError(`--metric-for-best-model ${asked} measures answers: give --eval-generate the number of turns to answer`);
  if (answers > 0) await checkPositions(options);

  const sets: DevSet[] = [];
  const inputs: FileEntry[] = [];
  for (const dir of eval_input) {
    const prepared = await openArtifact(dir, "prepared");
    if (!prepared.has(PASSAGES)) throw new DataError(`has no ${PASSAGES}: there is nothing to retrieve from`, { file: dir });
    const split = options.eval_split ?? (await splitOf(prepared));
    if (split === "test" && options.eval_split === undefined)
      reporter.warn(`${dir} has no dev turns: evaluating on its test turns, which are then no test of the model that they chose`);
    if (split === undefined || split === "train")
      reporter.warn(`${dir}: evaluating on turns of split train, which say little if the model learns them`);
    const counted = await count(prepared, { split, answers });
    if (counted.turns === 0) throw new UsageError(`--eval-split ${split}: ${dir} has no such turns`);
    if (!needsAnswers && counted.judged === 0)
      throw new UsageError(
        `${dir} judges no passage of its ${split ?? ""} turns, so there is no ${best.label}: give another --eval-input, or --metric-for-best-model F1`,
      );
    if (needsAnswers && counted.referenced === 0)
      throw new UsageError(`${dir}: none of the turns that are answered has a reference, so there is no ${best.label}`);
    if (answers > 0 && counted.referenced === 0)
      reporter.warn(`${dir}: none of the first ${answers} turns has a reference; they are not answered`);
    const twins = sets.filter((set) => set.name.replace(/-\d+$/, "") === basename(resolve(dir))).length;
    const name = twins === 0 ? basename(resolve(dir)) : `${basename(resolve(dir))}-${twins + 1}`;
    sets.push({ name, dir, split, answered: answers > 0 && counted.referenced > 0 });
    inputs.push(...[TURNS, PASSAGES, QRELS].filter((file) => prepared.has(file)).map((file) => inputEntry(prepared, file)));
  }
  const withBest = (metrics: readonly string[], has: boolean) => [...new Set([...metrics, ...(has ? [best.label] : [])])];
  const plan = { metric: best.label, ofRuns: withBest(RETRIEVAL, !needsAnswers), ofAnswers: withBest(ANSWERS, needsAnswers) };
  return { sets, plan, inputs };
}

/** The dev turns of a folder that has some: what chooses a model must not be what tests it. */
async function splitOf(prepared: Artifact): Promise<Split | undefined> {
  const found = new Set<Split>();
  for await (const { split } of readTurns({ file: prepared.path(TURNS), split: undefined, limit: undefined })) found.add(split);
  return (["dev", "test"] as const).find((split) => found.has(split));
}

/** Turns of the split, those with judgements, and those with references among the first `answers`. */
async function count(
  prepared: Artifact,
  { split, answers }: { split: Split | undefined; answers: number },
): Promise<{ turns: number; judged: number; referenced: number }> {
  const qrels = prepared.has(QRELS) ? await readQrels(prepared.path(QRELS)) : new Map<string, unknown>();
  const counts = { turns: 0, judged: 0, referenced: 0 };
  for await (const { id, responses } of readTurns({ file: prepared.path(TURNS), split, limit: undefined })) {
    if (counts.turns++ < answers && responses.length > 0) counts.referenced++;
    if (qrels.has(id)) counts.judged++;
  }
  return counts;
}

async function checkPositions({ model, eval_max_new_tokens: tokens }: TrainOptions): Promise<void> {
  const checkpoint = await openCheckpoint(model);
  const { config } = await modelFromConfig(checkpoint.config, `${model}/config.json`);
  const positions = contextLength(config);
  if (tokens >= positions)
    throw new UsageError(
      `--eval-max-new-tokens ${tokens} leaves nothing of the model's ${positions} positions to the prompt; lower it, or give --eval-generate 0`,
    );
}

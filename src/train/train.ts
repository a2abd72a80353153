/** @file `train`: checks everything cheap, then supervises the training job and seals the model directory. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { runJob } from "../engine/run-job.ts";
import { contextLength } from "../models/context.ts";
import type { Model } from "../models/family.ts";
import { modelFromConfig } from "../models/loader.ts";
import type { FileEntry } from "../schema/manifest.ts";
import { LORA_KEYS, type LoraSettings, type ResolvedTrainOptions, type TrainOptions } from "../schema/options/train.ts";
import { SEQUENCE_SETTINGS_KEYS } from "../schema/settings.ts";
import { promptPath, readSettings, settingsFor } from "../text/from-settings.ts";
import { loadRagPrompt } from "../text/rag-prompt.ts";
import { loadTokenizer } from "../text/tokenizer.ts";
import { openArtifact, writeArtifact, type Written } from "../util/artifact.ts";
import { closest } from "../util/closest.ts";
import { DataError, UsageError } from "../util/errors.ts";
import type { StageContext } from "../util/reporter.ts";
import { availableThreads } from "../util/threads.ts";
import { ADAPTER_CONFIG } from "../weights/adapter.ts";
import { checkWeight, openCheckpoint } from "../weights/checkpoint.ts";
import { modelFingerprint } from "../weights/fingerprint.ts";
import { describeLastCheckpoint } from "./checkpoint.ts";
import type { EvaluationAnswer, EvaluationQuestion } from "./dev-evaluation.ts";
import { checkEvaluationOptions } from "./evaluation-options.ts";
import type { TrainJobInput, TrainJobResult } from "./job.ts";
import { checkInitAdapter, initAdapterFiles, loraSettings } from "./init-adapter.ts";
import { checkContext } from "./check-context.ts";
import { checkObjective } from "./check-objective.ts";
import { planTraining, type TrainingPlan } from "./dry-run.ts";
import { checkPrecision } from "./precision.ts";
import { stageOptions } from "./stages.ts";

/** Evaluation in the loop: the stages it needs are not this one's to call. */
export interface TrainEvaluation {
  /** What is evaluated on; other contents make other work. */
  inputs: readonly FileEntry[];
  /** `metric_for_best_model` as the scores spell it. */
  metric: string;
  evaluate(question: EvaluationQuestion, context: StageContext): Promise<EvaluationAnswer>;
}

/** Trains `options.model` on the prepared inputs into the model directory `options.output`; `evaluation` belongs to `eval_input`. */
export async function train(given: TrainOptions, context: StageContext, evaluation?: TrainEvaluation): Promise<Written<TrainJobResult>> {
  if (given.eval_input.length > 0 && evaluation === undefined) throw new Error("eval_input is there, but nobody to evaluate on it");
  const { options, files } = await checked(given, context);
  const threads = options.threads ?? availableThreads();
  const { fingerprint, tokenizer } = await modelFingerprint(options.model);
  const spec = {
    output: options.output,
    kind: "model" as const,
    command: "train",
    options: { ...options, threads, prompt_sha256: loadRagPrompt(promptPath(options.prompt)).hash },
    seed: options.seed,
    inputs: [...files, ...initAdapterFiles(options), ...(evaluation?.inputs ?? [])],
    model: { fingerprint, tokenizer },
    partial: options.limit !== undefined,
    resume: options.resume,
    overwrite: options.overwrite,
  };
  return writeArtifact(spec, async (draft) => {
    const input: TrainJobInput = { options, threads, dir: draft.dir, files, metric: evaluation?.metric };
    const result = await runJob<TrainJobInput, TrainJobResult>({
      module: new URL("./job.ts", import.meta.url),
      input,
      context,
      name: "train",
      onQuestion: (question, how) => evaluation!.evaluate(question as EvaluationQuestion, how),
      remains: () => {
        const checkpoint = describeLastCheckpoint(draft.dir);
        return checkpoint === undefined ? undefined : `${upperFirst(checkpoint)}; --resume goes on from there.`;
      },
    });
    Object.assign(draft.stats, result);
    return result;
  });
}

/** What the run would take, after the checks it would begin with. */
export async function trainPlan(given: TrainOptions, context: StageContext): Promise<TrainingPlan> {
  const { options, files } = await checked(given, context);
  return planTraining(options, files);
}

/** Everything cheap that can be wrong is found here. */
async function checked(given: TrainOptions, context: StageContext): Promise<{ options: ResolvedTrainOptions; files: string[] }> {
  checkEvaluationOptions(given);
  const files = await trainingFiles(given.input);
  const lora = await loraSettings(given);
  const model = await checkModel({ ...given, ...lora });
  const start = startOf(given);
  const options = { ...given, ...settingsFor(start, given), ...lora };
  if (options.init_adapter !== undefined) await checkInitAdapter(options.init_adapter, { model, base: options.model });
  for (const stage of stageOptions(options)) checkObjective(stage);
  checkContext(stageOptions(options), contextLength(model.config));
  if (options.device === "cpu") checkPrecision(options.mixed_precision, "cpu");
  sayWhichSequences(given, start, context);
  if (options.pooling === "cls")
    context.reporter.warn("--pooling cls: the first token of a causal model sees no other, so texts that begin alike are embedded alike");
  const idle = given.tuning === "full" ? LORA_KEYS.filter((key) => given[key] !== undefined) : [];
  if (idle.length > 0) context.reporter.warn(`--tuning full trains every weight and no adapter: ${idle.join(", ")} change nothing`);
  return { options, files };
}

/** The train.jsonl of every prepared folder, verified. */
async function trainingFiles(inputs: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const input of inputs) {
    const artifact = await openArtifact(input, "prepared");
    if (!artifact.has("train.jsonl"))
      throw new DataError("has no train.jsonl: the dataset gave no training samples (see its manifest.json)", { file: input });
    files.push(artifact.path("train.jsonl"));
  }
  return files;
}

/** Whose sequences the run goes on with: the adapter's, where it says which they were. */
const startOf = ({ init_adapter: adapter, model }: TrainOptions): string =>
  adapter !== undefined && readSettings(adapter) !== null ? adapter : model;

async function checkModel(options: TrainOptions & LoraSettings): Promise<Model> {
  if (existsSync(join(options.model, ADAPTER_CONFIG)) && !existsSync(join(options.model, "config.json")))
    throw new UsageError(
      `--model ${options.model} is an adapter; give the checkpoint it was made for, and the adapter as --init-adapter to go on from it`,
    );
  const checkpoint = await openCheckpoint(options.model);
  const model = await modelFromConfig(checkpoint.config, join(options.model, "config.json"));
  for (const [name, shape] of model.weights()) checkWeight(checkpoint, name, shape);
  (await loadTokenizer(options.model)).assertFits(model.config.vocab_size);
  if (options.tuning === "lora") checkTargets(options.target_modules, model);
  return model;
}

function checkTargets(targets: readonly string[], model: Model): void {
  const known = [...new Set([...model.linears().keys()].map((name) => name.slice(name.lastIndexOf(".") + 1)))];
  for (const target of targets) {
    if (known.includes(target)) continue;
    if (target.includes(","))
      throw new UsageError(`--target-modules ${target}: give the flag once for each module, or a list in the config file`);
    const near = closest(target, known);
    throw new UsageError(`--target-modules ${target}: this model has ${known.join(", ")}${near ? `; did you mean ${near}?` : ""}`);
  }
}

/** A trained model goes on with its own sequences; other ones are asked for, but hardly without a word about it. */
function sayWhichSequences(given: TrainOptions, start: string, { reporter }: StageContext): void {
  const own = readSettings(start);
  if (own === null) return;
  const differing = SEQUENCE_SETTINGS_KEYS.filter((key) => given[key] !== undefined && own[key] !== given[key]);
  if (differing.length > 0)
    reporter.warn(`${start} was trained with ${differing.map((key) => `${key} ${own[key]}, now ${given[key]}`).join("; ")}`);
  const inherited = SEQUENCE_SETTINGS_KEYS.filter((key) => given[key] === undefined);
  if (inherited.length > 0) reporter.info(`as ${start} was trained: ${inherited.map((key) => `${key} ${own[key]}`).join(", ")}`);
}

const upperFirst = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

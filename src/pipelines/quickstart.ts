/** @file `quickstart`: the whole job on the shipped sample, each stage called as a user would call it. */
import { join } from "node:path";
import { evaluate } from "../evaluate/evaluate.ts";
import { generate } from "../generate/generate.ts";
import { initModel } from "../init/init-model.ts";
import { prepareData } from "../prepare/prepare-data.ts";
import { retrieve } from "../retrieve/retrieve.ts";
import { BuildIndexOptions } from "../schema/options/build-index.ts";
import { EvaluateOptions } from "../schema/options/evaluate.ts";
import { GenerateOptions } from "../schema/options/generate.ts";
import { InitModelOptions } from "../schema/options/init-model.ts";
import { PrepareDataOptions } from "../schema/options/prepare-data.ts";
import type { QuickstartOptions } from "../schema/options/quickstart.ts";
import { RetrieveOptions } from "../schema/options/retrieve.ts";
import { TrainOptions } from "../schema/options/train.ts";
import type { Evaluation } from "../schema/evaluation.ts";
import { train } from "../train/train.ts";
import type { StageContext } from "../util/reporter.ts";
import { buildIndex } from "./build-index.ts";
import { shuffleRun } from "./shuffle-run.ts";

export interface QuickstartResult {
  output: string;
  evaluation: Evaluation;
  seconds: number;
}

/** Passages in a prompt: one, as in training. With distractors a model of this size learns the answers by heart instead of reading. */
const PASSAGES = 1;
/** A small fresh model: what learns most in a minute on two cores. */
const SIZES = {
  hidden_size: 128,
  num_hidden_layers: 3,
  num_attention_heads: 4,
  intermediate_size: 352,
  max_position_embeddings: 1024,
  vocab_size: 2048,
};
const LENGTHS = { max_query_length: 128, max_passage_length: 64, max_response_length: 32 };

/** Runs every stage into a folder of `options.output`; stages that are done already are not repeated. */
export async function quickstart(options: QuickstartOptions, context: StageContext): Promise<QuickstartResult> {
  const started = performance.now();
  const folder = (name: string) => join(options.output, name);
  const { seed, device, threads, overwrite } = options;
  const machine = { device, ...(threads !== undefined && { threads }) };
  const again = { overwrite, resume: !overwrite };
  const say = (stage: string, what: string) => context.reporter.info(`${stage}: ${what}`);

  say("prepare-data", "an invented film guide: passages, and conversations about them");
  const prepared = folder("prepared");
  await prepareData(PrepareDataOptions.parse({ dataset: "quickstart", output: prepared, seed, ...again }), context);
  const pairs = folder("pairs");
  await prepareData(PrepareDataOptions.parse({ dataset: "inverse-cloze", input: [prepared], output: pairs, seed, ...again }), context);

  say("init-model", "a fresh model, and a tokenizer learned from the passages");
  const untrained = folder("model-untrained");
  await initModel(InitModelOptions.parse({ input: [prepared], output: untrained, seed, ...SIZES, ...again }), context);

  say("train", "one model to retrieve and to answer");
  const trained = folder("model");
  const objective = {
    tuning: "full",
    learning_rate: 2e-3,
    warmup_steps: 30,
    batch_size: 8,
    temperature: 0.05,
    gen_rag_weight: 1,
    distractors: PASSAGES - 1,
  };
  const training = {
    input: [prepared, pairs],
    model: untrained,
    output: trained,
    seed,
    epochs: 1000,
    max_steps: options.max_steps,
    save_steps: 200,
  };
  await train(TrainOptions.parse({ ...training, ...objective, ...LENGTHS, ...machine, ...again }), context);

  const run = async (name: string, model: string | null) => {
    say("build-index, retrieve", name);
    const index = folder(`index-${name}`);
    const input = { input: prepared, ...machine, ...again };
    await buildIndex(BuildIndexOptions.parse({ ...input, output: index, ...(model ? { model } : { backend: "bm25" }) }), context);
    await retrieve(RetrieveOptions.parse({ ...input, index, output: folder(`run-${name}`), tag: name, ...(model && { model }) }), context);
    return folder(`run-${name}`);
  };
  const runs = { BM25: await run("bm25", null), untrained: await run("untrained", untrained), trained: await run("trained", trained) };

  const answer = async (name: string, { model, from }: { model: string; from: string }) => {
    say("generate", name);
    const prompt = { input: prepared, model, run: from, mode: "rag", top_k: PASSAGES, max_new_tokens: 24, max_prompt_tokens: 512 };
    await generate(GenerateOptions.parse({ ...prompt, output: folder(`responses-${name}`), ...machine, ...again }), context);
    return folder(`responses-${name}`);
  };
  const shuffled = await shuffleRun({ run: runs.trained, output: folder("run-shuffled"), seed, ...again });
  const responses = {
    untrained: await answer("untrained", { model: untrained, from: runs.untrained }),
    trained: await answer("trained", { model: trained, from: runs.trained }),
    "trained, given other turns' passages": await answer("shuffled", { model: trained, from: shuffled }),
  };

  say("evaluate", "all of them on the held-out conversations");
  const named = (paths: Record<string, string>) => Object.entries(paths).map(([name, path]) => `${name}=${path}`);
  const scored = {
    input: prepared,
    run: named(runs),
    responses: named(responses),
    metric: ["nDCG@3", "R@10", "F1"],
    baseline: "BM25",
    output: folder("evaluation"),
  };
  const { evaluation } = await evaluate(EvaluateOptions.parse({ ...scored, ...again }), context);
  return { output: options.output, evaluation, seconds: (performance.now() - started) / 1000 };
}

/** @file The training step of a golden case: `train`'s own graph, feeds and stepper, over sequences that are given. */
import { modelFromConfig } from "../../src/models/loader.ts";
import type { StoredTensor } from "../../src/models/parameters.ts";
import type { FloatType } from "../../src/onnx/ir.ts";
import { type Feeds, Session } from "../../src/onnx/session.ts";
import type { Sequence } from "../../src/text/sequence.ts";
import { ChunkedPool } from "../../src/train/chunked-pool.ts";
import { Contrast } from "../../src/train/contrast.ts";
import { ProcessChunks } from "../../src/train/process-chunks.ts";
import { LocalChunks } from "../../src/train/local-chunks.ts";
import type { Pool } from "../../src/train/pool.ts";
import { poolFeeds } from "../../src/train/pool-feeds.ts";
import { buildStep } from "../../src/train/step-graph.ts";
import type { Objective, StepSpec } from "../../src/train/step-spec.ts";
import { Stepper } from "../../src/train/stepper.ts";
import { WholePool } from "../../src/train/whole-pool.ts";
import { CPU } from "../helpers/examples.ts";
import { holdFloat16 } from "../helpers/hold-float16.ts";
import { loraScale, loraTensorName, readAdapter } from "../../src/weights/adapter.ts";
import { openCheckpoint } from "../../src/weights/checkpoint.ts";
import type { GoldenCase, GoldenSequence, LossName, LossSettings } from "./case.ts";

export interface GoldenStep {
  stepper: Stepper<Feeds>;
  feeds: Feeds;
  pool: Pool;
  /** The same gradients by cached representations; `scores` is how many exist at a time, without `processes` all is done in this one. */
  chunked(options: { chunk_size: number; scores?: number; processes?: number }): Promise<Stepper<Pool>>;
  /** A trained tensor's name in the golden files. */
  goldenName(name: string): string;
  release(): Promise<void>;
}

/** `only` keeps one loss, with weight 1. `learns` and `contrasted` say per sample which responses and which rows count; all by default. */
export async function goldenStep(
  golden: GoldenCase,
  {
    settings,
    lora,
    lora_dropout = 0,
    only = "L",
    gradient_checkpointing = false,
    label_smoothing = 0,
    products = "float32",
    learns,
    contrasted,
  }: {
    settings: LossSettings;
    lora: boolean;
    lora_dropout?: number;
    only?: LossName;
    gradient_checkpointing?: boolean;
    label_smoothing?: number;
    products?: FloatType;
    learns?: Pool["learnsResponse"];
    contrasted?: boolean[];
  },
): Promise<GoldenStep> {
  const checkpoint = await openCheckpoint(golden.model);
  const adapter = lora ? await readAdapter(golden.adapter) : null;
  const model = await modelFromConfig(checkpoint.config, golden.model);
  const objective = { ...objectiveOf(settings, only), label_smoothing };
  const row_blocks = 2;
  const lookup = (name: string) => checkpoint.tensor(name) as StoredTensor;
  const spec: StepSpec = {
    objective,
    max_positions: model.config.max_position_embeddings,
    row_blocks,
    // Several blocks of the frozen head, the last one smaller.
    head_rows: Math.ceil(model.config.vocab_size / 3) + 1,
    gradient_checkpointing,
    products,
    lora: adapter && {
      r: adapter.config.r,
      scale: loraScale(adapter.config),
      target_modules: adapter.config.target_modules,
      dropout: lora_dropout,
    },
  };
  const step = buildStep(model, lookup, spec);
  holdFloat16(step.graph);
  const session = await Session.create(step.graph, CPU);
  const goldenName = (name: string): string => (adapter ? adapterName(name) : name);
  const read = (name: string): Float32Array => (adapter ? adapter.readFloat32(goldenName(name)) : checkpoint.readFloat32(name));
  const parameters = new Map([...step.trained.keys()].map((name) => [name, read(name)]));
  const dropout = lora_dropout > 0 ? { seed: 1, columns: step.dropoutColumns } : null;
  const shape = { gen_reduction: settings.gen_reduction, row_blocks, dropout };
  // The padding id is the eos id, which stands in every sequence: nothing may tell padding by its id.
  const padding = { padId: 2, padTo: 8 };
  const pool = poolOf(golden, settings, { learns, contrasted });
  const feeds = poolFeeds(pool, { objective, ...shape, ...padding });
  const source = new WholePool<Feeds>({ step, session, parameters, feedsOf: (given) => given });
  const chunked: GoldenStep["chunked"] = async ({ chunk_size, processes = 0, ...scores }) => {
    const hidden = model.config.hidden_size;
    const chunking = { spec, seed: 1, ...padding };
    const sessions = Array.from({ length: processes }, () => CPU);
    const remote = { input: { ...chunking, model: golden.model }, sessions, parameters, info: () => {}, remains: () => "" };
    const executor =
      processes === 0 ? new LocalChunks({ ...chunking, model, lookup, parameters, session: CPU }) : await ProcessChunks.open(remote);
    const contrast = await Contrast.open(objective, { hidden, threads: 1, ...scores });
    return new Stepper(
      new ChunkedPool({ executor, contrast, objective, gen_reduction: settings.gen_reduction, chunk_size, hidden }),
      parameters,
    );
  };
  return { stepper: new Stepper(source, parameters), feeds, pool, chunked, goldenName, release: () => session.release() };
}

function adapterName(name: string): string {
  const [, module, matrix] = /^(.*)\.(lora_[AB])\.weight$/.exec(name)!;
  return loraTensorName(module!, matrix as "lora_A" | "lora_B");
}

function objectiveOf(s: LossSettings, only: LossName): Objective {
  const weight = (name: LossName, value: number): number => (only === "L" ? value : Number(only === name));
  return {
    retrieval_weight: weight("L_R", 1),
    gen_weight: weight("L_G", s.gen_weight),
    alpha: weight("L_CII", s.alpha),
    gen_rag_weight: weight("L_RAG", s.gen_rag_weight),
    temperature: s.temperature,
    normalize: s.normalize,
    session_mask: s.session_mask,
  };
}

function poolOf(
  { samples }: GoldenCase,
  { hard_negatives, masked_passages, masked_responses }: LossSettings,
  { learns, contrasted }: { learns: Pool["learnsResponse"] | undefined; contrasted: boolean[] | undefined },
): Pool {
  const negatives = hard_negatives ? samples.flatMap((sample) => sample.N) : [];
  const labels = samples.map((_, i) => (contrasted?.[i] === false ? null : i));
  const all = samples.map(() => true);
  return {
    id: "golden",
    sequences: {
      G: samples.map(({ G }) => sequence(G)),
      P: [...samples.map(({ P }) => P), ...negatives].map(sequence),
      X: samples.map(({ X }) => sequence(X)),
      R: samples.map(({ R }) => sequence(R)),
    },
    retrieval: { labels, masked: masked_passages, candidates: samples.length + negatives.length },
    identification: { labels, masked: masked_responses, candidates: samples.length },
    learnsResponse: learns ?? { G: all, X: all },
  };
}

export function sequence({ ids, emb, response }: GoldenSequence): Sequence {
  const dropped = { pairs: 0, question_tokens: 0, passages: 0, passage_tokens: 0, response_tokens: 0 };
  return { ids: Int32Array.from(ids), emb, response, dropped, passages: [] };
}

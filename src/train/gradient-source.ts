/** @file What computes the gradients of a run: one graph over whole pools, or chunks of them. */
import type { Model } from "../models/family.ts";
import type { TensorLookup } from "../models/parameters.ts";
import { type Feeds, Session, type SessionOptions } from "../onnx/session.ts";
import type { ResolvedTrainOptions } from "../schema/options/train.ts";
import { ChunkedPool } from "./chunked-pool.ts";
import { Contrast } from "./contrast.ts";
import { LocalChunks } from "./local-chunks.ts";
import type { Pool } from "./pool.ts";
import { poolFeeds } from "./pool-feeds.ts";
import type { StepGraph, StepSpec } from "./step-graph.ts";
import type { GradientSource } from "./stepper.ts";
import { WholePool } from "./whole-pool.ts";

/** Sequences of a pass that go through a graph at once; null for all of a pool's, with all passes in one graph. */
export function chunkSize({ batch_size, chunk_size }: Pick<ResolvedTrainOptions, "batch_size" | "chunk_size">): number | null {
  return chunk_size === undefined || chunk_size >= batch_size ? null : chunk_size;
}

export interface SourceOptions {
  options: ResolvedTrainOptions;
  model: Model;
  lookup: TensorLookup;
  spec: StepSpec;
  step: StepGraph;
  parameters: ReadonlyMap<string, Float32Array>;
  padId: number;
  session: SessionOptions;
}

export async function openSource(given: SourceOptions): Promise<GradientSource<Pool>> {
  const { options, model, lookup, spec, step, parameters, padId, session } = given;
  const { gen_reduction, pad_to_multiple_of: padTo } = options;
  const { objective } = spec;
  const chunk_size = chunkSize(options);
  if (chunk_size === null) {
    return new WholePool({ step, session: await Session.create(step.graph, session), parameters, feedsOf: wholeFeeds(given) });
  }
  const hidden = model.config.hidden_size;
  const contrast = await Contrast.open(objective, { hidden, threads: session.threads });
  const executor = new LocalChunks({ model, lookup, spec, parameters, seed: options.seed, padId, padTo, session });
  return new ChunkedPool({ executor, contrast, objective, gen_reduction, chunk_size, hidden });
}

/** The feeds of a pool that goes through one graph. */
export function wholeFeeds({
  options,
  spec,
  step,
  padId,
}: Pick<SourceOptions, "options" | "spec" | "step" | "padId">): (pool: Pool) => Feeds {
  const { gen_reduction, pad_to_multiple_of: padTo, seed } = options;
  const dropout = step.dropoutColumns.size === 0 ? null : { seed, columns: step.dropoutColumns };
  return (pool) => poolFeeds(pool, { objective: spec.objective, gen_reduction, padId, padTo, row_blocks: spec.row_blocks, dropout });
}

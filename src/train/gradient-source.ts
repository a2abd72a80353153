/** @file What computes the gradients of a run: one graph over whole pools, or chunks of them. */
import type { Model } from "../models/family.ts";
import type { TensorLookup } from "../models/parameters.ts";
import { type Feeds, Session, type SessionOptions } from "../onnx/session.ts";
import type { ResolvedTrainOptions } from "../schema/options/train.ts";
import { chunkSize } from "./chunk-size.ts";
import { ChunkedPool } from "./chunked-pool.ts";
import { Contrast } from "./contrast.ts";
import { LocalChunks } from "./local-chunks.ts";
import type { Pool } from "./pool.ts";
import { poolFeeds } from "./pool-feeds.ts";
import type { StepGraph } from "./step-graph.ts";
import type { StepSpec } from "./step-spec.ts";
import type { GradientSource } from "./stepper.ts";
import { ProcessChunks } from "./process-chunks.ts";
import { WholePool } from "./whole-pool.ts";

export interface SourceOptions {
  options: ResolvedTrainOptions;
  model: Model;
  lookup: TensorLookup;
  spec: StepSpec;
  step: StepGraph;
  parameters: ReadonlyMap<string, Float32Array>;
  padId: number;
  session: SessionOptions;
  info: (message: string) => void;
  /** What remains of the run when a process dies. */
  remains: () => string;
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
  const chunking = { spec, seed: options.seed, padId, padTo };
  const executor =
    options.num_processes === 1
      ? new LocalChunks({ ...chunking, model, lookup, parameters, session })
      : await ProcessChunks.open({
          input: { ...chunking, model: options.model },
          sessions: sessionsOf(session, options.num_processes),
          parameters,
          info: given.info,
          remains: given.remains,
        });
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

/** The CPU's threads are shared out, the first processes get what is left over; of GPUs each process takes its own, counted from the device on. */
export function sessionsOf(session: SessionOptions, processes: number): SessionOptions[] {
  const { device, threads } = session;
  const first = device === "cpu" ? 0 : Number(device.slice("cuda:".length));
  return Array.from({ length: processes }, (_, at) => ({
    ...session,
    device: device === "cpu" ? device : `cuda:${first + at}`,
    threads: Math.max(1, Math.floor(threads / processes) + (at < threads % processes ? 1 : 0)),
  }));
}

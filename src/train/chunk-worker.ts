/** @file A process of data-parallel training: runs the chunks it is sent with the parameters it was sent last. */
import type { Serve } from "../engine/worker-messages.ts";
import { modelFromConfig } from "../models/loader.ts";
import type { StoredTensor } from "../models/parameters.ts";
import { openCheckpoint } from "../weights/checkpoint.ts";
import type { BackwardChunk } from "./chunk-executor.ts";
import type { Chunk } from "./chunks.ts";
import { LocalChunks, type LocalChunksOptions } from "./local-chunks.ts";

/** Plain data; the weights are mapped from the files of `model` again. */
export interface ChunkWorkerInput extends Omit<LocalChunksOptions, "model" | "lookup" | "parameters"> {
  model: string;
}

export const serve: Serve<ChunkWorkerInput> = async ({ model: dir, ...options }) => {
  const base = await openCheckpoint(dir);
  const model = await modelFromConfig(base.config, `${dir}/config.json`);
  const parameters = new Map<string, Float32Array>();
  const chunks = new LocalChunks({ ...options, model, lookup: (name) => base.tensor(name) as StoredTensor, parameters });
  let taken = new Map<string, Float32Array>();
  return {
    /** Into the array that sessions already read, where there is one. */
    parameter: ({ name, data }: { name: string; data: Float32Array }) => {
      const known = parameters.get(name);
      if (known) known.set(data);
      else parameters.set(name, data.slice());
    },
    encode: (given: Chunk[]) => chunks.encode(given),
    backward: (given: BackwardChunk[]) => chunks.backward(given),
    /** Closes the sum of gradients and names its tensors, which `gradient` hands out one by one. */
    take: async () => {
      taken = await chunks.take();
      return [...taken.keys()];
    },
    gradient: (name: string) => {
      const gradient = taken.get(name);
      taken.delete(name);
      return gradient;
    },
  };
};

/** @file Who runs the chunks of pools: this process, or several of them. */
import type { Chunk } from "./chunks.ts";

export interface BackwardChunk extends Chunk {
  /** ∂L/∂e of its sequences [sequences, hidden]; null where no loss reads them. */
  eGradients: Float32Array | null;
  /** What each response token of a sequence counts in the mean over the pool. */
  weights: number[];
  /** What its generation loss is multiplied by before backward; `eGradients` hold it already. */
  loss_scale: number;
}

export interface ChunkExecutor {
  /** e of the sequences of each chunk [sequences, hidden]. */
  encode(chunks: readonly Chunk[]): Promise<Float32Array[]>;
  /** Adds the chunks' gradients to the executor's sum. Gives each chunk's part of its generation loss. */
  backward(chunks: readonly BackwardChunk[]): Promise<number[]>;
  /** The sum of gradients by parameter name; it starts anew. */
  take(): Promise<Map<string, Float32Array>>;
  /** Says that the parameters hold other numbers now. */
  changed(): Promise<void>;
  release(): Promise<void>;
}

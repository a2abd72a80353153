/** @file How a pool is cut, and for how many processes. */
import type { ResolvedTrainOptions } from "../schema/options/train.ts";
import { UsageError } from "../util/errors.ts";
import { objectiveOf } from "./objective.ts";
import { passRoles } from "./pass-roles.ts";

type Cut = Pick<ResolvedTrainOptions, "batch_size" | "chunk_size" | "num_processes">;

/** Sequences of a pass that go through a graph at once; null for a whole pool, all its passes in one graph. */
export function chunkSize({ batch_size, chunk_size, num_processes }: Cut): number | null {
  if (num_processes === 1) return chunk_size === undefined || chunk_size >= batch_size ? null : chunk_size;
  return Math.min(chunk_size ?? Math.ceil(batch_size / num_processes), batch_size);
}

/** Throws `UsageError` where a process would have nothing to do. */
export function checkProcesses(options: ResolvedTrainOptions): void {
  const { batch_size, num_processes } = options;
  const size = chunkSize(options) ?? batch_size;
  const perPass = Math.ceil(batch_size / size);
  const passes = passRoles(objectiveOf(options)).size;
  if (num_processes <= passes * perPass) return;
  throw new UsageError(
    `--num-processes ${num_processes}: a pool of ${batch_size} in chunks of ${size} is ${perPass} ${perPass === 1 ? "chunk" : "chunks"} for each of ${passes} ${passes === 1 ? "pass" : "passes"}, so at most ${passes * perPass} processes have something to do; lower --chunk-size or --num-processes`,
  );
}

/** @file How a pool is cut, and for how many processes. */
import type { ResolvedTrainOptions } from "../schema/options/train.ts";
import { UsageError } from "../util/errors.ts";
import { objectiveOf } from "./objective.ts";
import { passRoles } from "./pass-roles.ts";
import type { PassName } from "./step-spec.ts";

/** Sequences of each pass of a pool, at most: a sample may bring hard negatives to P, and earlier responses to R. */
function passSizes(options: ResolvedTrainOptions): Map<PassName, number> {
  const { batch_size, hard_negatives, cii_distractors } = options;
  const further: Partial<Record<PassName, number>> = { P: hard_negatives, R: cii_distractors };
  return new Map([...passRoles(objectiveOf(options)).keys()].map((pass) => [pass, batch_size * (1 + (further[pass] ?? 0))]));
}

/** Sequences of a pass that go through a graph at once; null for a whole pool, all its passes in one graph. */
export function chunkSize(options: ResolvedTrainOptions): number | null {
  const { batch_size, chunk_size, num_processes } = options;
  const largest = Math.max(...passSizes(options).values());
  if (num_processes === 1) return chunk_size === undefined || chunk_size >= largest ? null : chunk_size;
  return Math.min(chunk_size ?? Math.ceil(batch_size / num_processes), largest);
}

/** Throws `UsageError` where a process would have nothing to do. */
export function checkProcesses(options: ResolvedTrainOptions): void {
  const { batch_size, num_processes } = options;
  if (num_processes === 1) return;
  const size = chunkSize(options)!;
  const chunks = [...passSizes(options)].map(([pass, sequences]) => ({ pass, count: Math.ceil(sequences / size) }));
  const total = chunks.reduce((sum, { count }) => sum + count, 0);
  if (num_processes <= total) return;
  const shown = chunks.map(({ pass, count }) => `${count} of ${pass}`).join(", ");
  throw new UsageError(
    `--num-processes ${num_processes}: a pool of ${batch_size} in chunks of ${size} is ${total} ${total === 1 ? "chunk" : "chunks"} (${shown}), so at most ${total} processes have something to do; lower --chunk-size or --num-processes`,
  );
}

/** @file A pool's sequences → the feeds of one run of the step graph. */
import type { Value } from "../onnx/ir.ts";
import type { Feeds, Tensor } from "../onnx/session.ts";
import type { Sequence } from "../text/sequence.ts";
import type { Pool } from "./pool.ts";
import { dropoutColumns, dropoutRows } from "./dropout.ts";
import { contrastiveFeeds, embeddingFeeds, passFeeds, responseFeeds } from "./step-feeds.ts";
import { type PassRole, passRoles } from "./pass-roles.ts";
import type { Objective, PassName } from "./step-spec.ts";

export interface PoolFeedOptions {
  objective: Objective;
  gen_reduction: "sample" | "token";
  padId: number;
  padTo: number;
  row_blocks: number;
  /** For a step with dropout: the inputs that hold the words of its modules' columns. */
  dropout?: { seed: number; columns: ReadonlyMap<string, Value> } | null;
}

/** The feeds of `buildStep`'s graph. */
export function poolFeeds(pool: Pool, options: PoolFeedOptions): Feeds {
  const { objective, gen_reduction, dropout } = options;
  const feeds: Record<string, Tensor> = {};
  for (const [pass, role] of passRoles(objective)) {
    const sequences = pool.sequences[pass]!;
    Object.assign(
      feeds,
      sequenceFeeds({ pool: pool.id, pass, role, sequences, weights: tokenWeights(pool, pass, gen_reduction) }, options),
    );
  }
  if (objective.retrieval_weight > 0) Object.assign(feeds, contrastiveFeeds("retrieval", pool.retrieval));
  if (objective.alpha > 0) Object.assign(feeds, contrastiveFeeds("identification", pool.identification));
  if (dropout) Object.assign(feeds, dropoutColumns(dropout.columns, { seed: dropout.seed, pool: pool.id }));
  return feeds;
}

export interface SequenceFeeds {
  /** The pool's id. */
  pool: string;
  pass: PassName;
  role: PassRole;
  sequences: readonly Sequence[];
  /** Their numbers in their pass of the pool; by default they are all of it. */
  places?: readonly number[];
  /** What each token of a sequence's response counts. */
  weights: readonly number[];
}

/** The feeds of one pass over a pool's sequences, or over some of them. */
export function sequenceFeeds(
  { pool, pass, role, sequences, places, weights }: SequenceFeeds,
  { padId, padTo, row_blocks, dropout }: Pick<PoolFeedOptions, "padId" | "padTo" | "row_blocks"> & { dropout?: { seed: number } | null },
): Feeds {
  const passed = passFeeds({ pass, sequences, padId, hole: role.hole, late: role.late, padTo });
  const width = passed[`${pass}.input_ids`]!.shape[1]!;
  const words = { pass, lengths: sequences.map(({ ids }) => ids.length), width, ...(places && { places }) };
  return {
    ...passed,
    ...(dropout && dropoutRows(words, { seed: dropout.seed, pool })),
    ...(role.embeds && embeddingFeeds({ pass, sequences, width, pooling: role.pooling })),
    ...(role.answers && responseFeeds({ pass, sequences, width, blocks: row_blocks, weightOf: (at) => weights[at]! })),
  };
}

/** Tokens of a pool, padding aside. */
export const tokensOf = ({ sequences }: Pool): number =>
  Object.values(sequences).reduce((sum, list) => sum + list.reduce((all, { ids }) => all + ids.length, 0), 0);

/** What each response token of every sequence counts: 1/(n·T_i), or 1/ΣT over the pool; 0 where the response is not learned. */
export function tokenWeights({ sequences, learnsResponse }: Pool, pass: PassName, reduction: "sample" | "token"): number[] {
  const learned = pass === "G" || pass === "X" ? learnsResponse[pass] : [];
  const lengths = sequences[pass]!.map(({ response }, at) => (learned[at] && response ? response.length : 0));
  const counted = lengths.filter((length) => length > 0).length;
  const total = lengths.reduce((sum, length) => sum + length, 0);
  return lengths.map((length) => (length === 0 ? 0 : reduction === "token" ? 1 / total : 1 / (counted * length)));
}

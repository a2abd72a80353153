/** @file A pool's sequences → the feeds of one run of the step graph. */
import type { Feeds, Tensor } from "../onnx/session.ts";
import type { Sequence } from "../text/sequences.ts";
import type { Pool } from "./pool.ts";
import { contrastiveFeeds, embeddingFeeds, passFeeds, responseFeeds } from "./step-feeds.ts";
import { passRoles } from "./pass-roles.ts";
import type { Objective } from "./step-graph.ts";

export interface PoolFeedOptions {
  objective: Objective;
  gen_reduction: "sample" | "token";
  padId: number;
  padTo: number;
  row_blocks: number;
}

export function poolFeeds(
  pool: Pool,
  { objective, gen_reduction, padId, padTo, row_blocks }: PoolFeedOptions,
): { feeds: Feeds; tokens: number } {
  const feeds: Record<string, Tensor> = {};
  let tokens = 0;
  for (const [pass, { embeds, answers, hole }] of passRoles(objective)) {
    const sequences = pool.sequences[pass]!;
    tokens += sequences.reduce((sum, { ids }) => sum + ids.length, 0);
    Object.assign(feeds, passFeeds({ pass, sequences, padId, hole, padTo }));
    const width = feeds[`${pass}.input_ids`]!.shape[1]!;
    if (embeds) Object.assign(feeds, embeddingFeeds({ pass, sequences, width }));
    if (answers) {
      const learned = pool.learnsResponse[pass as "G" | "X"];
      Object.assign(
        feeds,
        responseFeeds({ pass, sequences, width, blocks: row_blocks, weightOf: responseWeights(sequences, learned, gen_reduction) }),
      );
    }
  }
  if (objective.retrieval_weight > 0) Object.assign(feeds, contrastiveFeeds("retrieval", pool.retrieval));
  if (objective.alpha > 0) Object.assign(feeds, contrastiveFeeds("identification", pool.identification));
  return { feeds, tokens };
}

/** What each token of response i counts: 1/(n·T_i), or 1/ΣT over the pool. */
function responseWeights(
  sequences: readonly Sequence[],
  learned: readonly boolean[],
  reduction: "sample" | "token",
): (at: number) => number {
  const lengths = sequences.map(({ response }, at) => (learned[at] && response ? response.length : 0));
  const counted = lengths.filter((length) => length > 0).length;
  const total = lengths.reduce((sum, length) => sum + length, 0);
  return (at) => (lengths[at] === 0 ? 0 : reduction === "token" ? 1 / total : 1 / (counted * lengths[at]!));
}

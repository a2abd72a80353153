/** @file How many positions a model was made for. */
import type { DecoderConfig } from "./family.ts";

/**
 * max_position_embeddings, or more where a rotary scaling stretches it: linear by its factor, yarn its original context by its factor
 * (configs of llama3 hold the stretched number already). A sliding window bounds how far back a token sees, not where it may stand.
 */
export function contextLength({
  max_position_embeddings: positions,
  rope,
}: Pick<DecoderConfig, "max_position_embeddings" | "rope">): number {
  if (rope.rope_type === "linear") return Math.floor(positions * rope.factor);
  if (rope.rope_type === "yarn") return Math.max(positions, Math.floor((rope.original_max_position_embeddings ?? positions) * rope.factor));
  return positions;
}

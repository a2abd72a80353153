/** @file Settings that make no sense together, refused before any work starts. */
import type { ResolvedTrainOptions } from "../schema/options/train.ts";
import { UsageError } from "../util/errors.ts";
import { checkProcesses } from "./chunk-size.ts";
import { objectiveOf } from "./objective.ts";

/** Throws `UsageError` for losses that cannot be computed, or that would be 0 whatever the model says, and for processes without work. */
export function checkObjective(options: ResolvedTrainOptions): void {
  const { retrieval_weight, alpha, gen_weight, gen_rag_weight } = objectiveOf(options);
  if (retrieval_weight + alpha + gen_weight + gen_rag_weight === 0)
    throw new UsageError(
      "every loss has weight 0: set one of --retrieval-weight, --gen-weight, --alpha, --gen-rag-weight, and name it in --objectives",
    );
  const { pooling, batch_size, hard_negatives, cii_distractors } = options;
  const others = Object.entries({ "--gen-weight": gen_weight, "--alpha": alpha, "--gen-rag-weight": gen_rag_weight });
  const asked = others.filter(([, weight]) => weight > 0).map(([flag]) => flag);
  if (pooling !== "emb" && asked.length > 0)
    throw new UsageError(
      `--pooling ${pooling} embeds bare texts, which hold no response; ${asked.join(", ")} need --pooling emb. Give --objectives retrieval to train retrieval alone`,
    );
  checkProcesses(options);
  if (batch_size > 1) return;
  if (retrieval_weight > 0 && hard_negatives === 0)
    throw new UsageError(
      "--batch-size 1 leaves L_R without negatives, and so at 0: raise it, or give --hard-negatives, or set --retrieval-weight 0",
    );
  if (alpha > 0 && cii_distractors === 0)
    throw new UsageError(
      "--batch-size 1 leaves L_CII without negatives, and so at 0: raise it, or give --cii-distractors, or set --alpha 0",
    );
}

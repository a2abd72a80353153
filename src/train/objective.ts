/** @file Which losses a run asks for: the weights of its options, those that `objectives` leaves out set to zero. */
import type { ResolvedTrainOptions } from "../schema/options/train.ts";
import type { Objective as Objectives } from "../schema/records.ts";
import type { Objective } from "./step-spec.ts";

/** The losses behind each name of `objectives`; they are the names by which train.jsonl says what a sample may feed. */
const WEIGHTS = {
  retrieval: ["retrieval_weight"],
  generation: ["gen_weight", "gen_rag_weight"],
  "context-identification": ["alpha"],
} as const satisfies Record<Objectives, readonly (keyof Objective)[]>;

export function objectiveOf(options: Pick<ResolvedTrainOptions, keyof Objective | "objectives">): Objective {
  const {
    temperature,
    normalize,
    pooling,
    session_mask,
    mask_compat,
    label_smoothing,
    retrieval_weight,
    gen_weight,
    alpha,
    gen_rag_weight,
  } = options;
  const objective: Objective = {
    temperature,
    normalize,
    pooling,
    session_mask,
    mask_compat,
    label_smoothing,
    retrieval_weight,
    gen_weight,
    alpha,
    gen_rag_weight,
  };
  for (const [name, keys] of Object.entries(WEIGHTS))
    if (!options.objectives.includes(name as Objectives)) for (const key of keys) objective[key] = 0;
  return objective;
}

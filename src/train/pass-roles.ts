/** @file What each pass of a step is for: embeddings, responses, and the columns its rows may not see. */
import type { SequenceSettings } from "../schema/settings.ts";
import type { Objective, PassName } from "./step-spec.ts";

/** The contrastive losses by the name their feeds begin with: L_R and L_CII, as queries and candidates. */
export const CONTRASTED = { retrieval: ["G", "P"], identification: ["X", "R"] } as const satisfies Record<
  string,
  readonly [PassName, PassName]
>;
export type ContrastiveName = keyof typeof CONTRASTED;

export interface PassRole {
  /** A contrastive loss reads an embedding of every sequence. */
  embeds: boolean;
  /** A generation loss reads the rows that predict the response. */
  answers: boolean;
  /** Response rows have columns they may not see: in G the session before EMB, in X the EMB columns. */
  hole: boolean;
  /** The first response row may see them all the same (`mask_compat: chatretriever`). */
  late: boolean;
  pooling: SequenceSettings["pooling"];
}

/** The passes that losses with a weight ask for. e(Q) is read from G's own pass. */
export function passRoles(objective: Objective): Map<PassName, PassRole> {
  const [retrieves, identifies] = [objective.retrieval_weight > 0, objective.alpha > 0];
  const [answers, answersRag] = [objective.gen_weight > 0, objective.gen_rag_weight > 0];
  const { pooling = "emb" } = objective;
  const roles: [PassName, PassRole][] = [
    [
      "G",
      { embeds: retrieves, answers, hole: answers && objective.session_mask, late: objective.mask_compat === "chatretriever", pooling },
    ],
    ["P", { embeds: retrieves, answers: false, hole: false, late: false, pooling }],
    ["X", { embeds: identifies, answers: answersRag, hole: answersRag, late: false, pooling }],
    ["R", { embeds: identifies, answers: false, hole: false, late: false, pooling }],
  ];
  return new Map(roles.filter(([, { embeds, answers }]) => embeds || answers));
}

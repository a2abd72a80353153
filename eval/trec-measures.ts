/** @file trec_eval's names for several measures at once, and the cutoffs it takes where none are given: what of each is measured here. */

const cut = (name: string, cutoffs: readonly number[]): string[] => cutoffs.map((cutoff) => `${name}_${cutoff}`);
const CUTOFFS = [5, 10, 15, 20, 30, 100, 200, 500, 1000];

const P = cut("P", CUTOFFS);
const recall = cut("recall", CUTOFFS);
const ndcgCut = cut("ndcg_cut", CUTOFFS);
const mapCut = cut("map_cut", CUTOFFS);
const success = cut("success", [1, 5, 10]);
const iprec = Array.from({ length: 11 }, (_, i) => `iprec_at_recall_${(i / 10).toFixed(2)}`);

/** What trec_eval prints when no measure is named. */
export const OFFICIAL: readonly string[] = [
  ..."num_q num_ret num_rel num_rel_ret map gm_map Rprec bpref recip_rank".split(" "),
  ...iprec,
  ...P,
];

/** By the name as trec_eval's -m takes it, capitals included: `recall` here, `Recall` is ours and wants a cutoff. */
export const TREC_MEASURES: ReadonlyMap<string, readonly string[]> = new Map([
  ["P", P],
  ["recall", recall],
  ["ndcg_cut", ndcgCut],
  ["map_cut", mapCut],
  ["success", success],
  ["iprec_at_recall", iprec],
  ["official", OFFICIAL],
  ["all_trec", [...OFFICIAL, ...recall, "11pt_avg", "ndcg", ...ndcgCut, ...mapCut, ...success, "set_recall", "num_nonrel_judged_ret"]],
]);

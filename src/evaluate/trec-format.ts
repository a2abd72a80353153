/** @file The lines trec_eval prints, byte for byte. */
import type { RetrievalMetric } from "../../eval/metric.ts";
import type { Qrels } from "../util/qrels.ts";
import { printfFixed } from "../util/printf.ts";
import { compareBytes } from "../util/sort.ts";
import { aggregate } from "./scoring/aggregate.ts";
import type { ChosenRetrievalMetric, RetrievalScores } from "./scoring/score-run.ts";

/** trec_eval prints its measures in an order of its own, whatever order they were asked for. */
const ORDER =
  "num_q num_ret num_rel num_rel_ret map gm_map Rprec bpref recip_rank iprec_at_recall P recall 11pt_avg ndcg ndcg_cut map_cut success set_recall num_nonrel_judged_ret".split(
    " ",
  );

export interface TrecEvalPrint {
  metrics: readonly ChosenRetrievalMetric[];
  /** The run's tag, printed as runid. */
  tag: string;
  /** A line per turn and measure too, as with -q. */
  perTurn: boolean;
  /** Set when the averages run over all judged turns (-c): there trec_eval totals num_rel over grades above 0, whatever the level. */
  complete: Qrels | undefined;
}

/** Per-turn lines (as with -q) when asked for, then the averages. Metrics trec_eval does not have are left out. */
export function formatTrecEval(
  { turns, scores }: Pick<RetrievalScores, "turns" | "scores">,
  { metrics, tag, perTurn, complete }: TrecEvalPrint,
): string[] {
  const known = metrics
    .flatMap((chosen) => (chosen.metric.trec === undefined ? [] : [{ ...chosen, trec: chosen.metric.trec(chosen.parameter) }]))
    .filter(({ trec }) => rankOf(trec) !== -1)
    .sort((a, b) => rankOf(a.trec) - rankOf(b.trec) || a.parameter - b.parameter);
  const lines: string[] = [];
  // Averages are summed in this order too: another one can change the last printed digit.
  const order = [...turns.keys()].sort((a, b) => compareBytes(turns[a]!, turns[b]!));
  if (perTurn) {
    for (const index of order)
      for (const { metric, label, trec } of known)
        if (!onlyOverall(metric)) lines.push(line({ name: trec, turn: turns[index]!, value: scores.get(label)![index]!, metric }));
  }
  lines.push(`${"runid".padEnd(22)}\tall\t${tag}`);
  for (const { metric, label, trec } of known) {
    const column = scores.get(label)!;
    const ordered = Float64Array.from(order, (index) => column[index]!);
    const value = metric.name === "num_rel" && complete !== undefined ? countPositive(complete) : aggregate(ordered, metric.aggregate);
    lines.push(line({ name: trec, turn: "all", value, metric }));
  }
  return lines;
}

function countPositive(qrels: Qrels): number {
  let count = 0;
  for (const judgements of qrels.values()) for (const grade of judgements.values()) if (grade > 0) count++;
  return count;
}

function rankOf(trec: string): number {
  return ORDER.findIndex((name) => trec === name || (trec.startsWith(`${name}_`) && /^[\d.,=-]+$/.test(trec.slice(name.length + 1))));
}

function onlyOverall(metric: RetrievalMetric): boolean {
  return metric.name === "num_q" || metric.aggregate === "geometric-mean";
}

function line({ name, turn, value, metric }: { name: string; turn: string; value: number; metric: RetrievalMetric }): string {
  return `${name.padEnd(22)}\t${turn}\t${metric.aggregate === "sum" ? String(value) : fourDecimals(value)}`;
}

/** C's %6.4f. */
export function fourDecimals(value: number): string {
  return printfFixed(value, 4).padStart(6);
}

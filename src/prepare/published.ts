/** @file The counts of a prepared split beside those a paper published for it: what differs is said, and why where that is known. */
import type { Split } from "../../datasets/types.ts";
import { PreparedStats, type SplitStats } from "../schema/prepared-stats.ts";
import type { Reference } from "../schema/reference.ts";
import { readReference, referenceNames } from "../util/reference.ts";
import { grouped } from "./report.ts";

const COUNTS = ["conversations", "turns", "mean turns a conversation", "fewest", "most", "gold passages a turn"] as const;

/** One count of ours and of the paper's. */
export interface PublishedCount {
  what: (typeof COUNTS)[number];
  ours: number;
  /** `null`: the paper has none. */
  paper: number | null;
  same: boolean;
}

export interface Published {
  paper: string;
  table: string;
  split: Split;
  /** Absent: the split is another one, and its counts say nothing about the paper's. */
  counts?: PublishedCount[];
  paper_conversations: number;
  paper_turns: number;
  remark?: string;
}

/** What each paper that counts this dataset says of it; nothing of what was only made to train on. */
export function published(dataset: string, stats: Record<string, unknown>): Published[] {
  const parsed = PreparedStats.safeParse(stats);
  if (!parsed.success) return [];
  const { splits } = parsed.data;
  if (splits.dev === undefined && splits.test === undefined) return [];
  return referenceNames().flatMap((name) => {
    const reference = readReference(name);
    const [theirs, statistics] = [reference.splits[dataset], reference.statistics];
    if (theirs === undefined || statistics?.datasets[dataset] === undefined) return [];
    const { split, conversations, turns } = theirs;
    const ours = splits[split];
    const head = { paper: name, table: statistics.table, split, paper_conversations: conversations, paper_turns: turns };
    if (ours === undefined || (ours.conversations !== conversations && ours.turns !== turns)) return [head];
    const { remark } = statistics.datasets[dataset];
    return [{ ...head, counts: counts(ours, { reference, dataset }), ...(remark === undefined ? {} : { remark }) }];
  });
}

function counts(ours: SplitStats, { reference, dataset }: { reference: Reference; dataset: string }): PublishedCount[] {
  const { conversations, turns } = reference.splits[dataset]!;
  const { turns_per_conversation: lengths, golds_per_turn: golds } = reference.statistics!.datasets[dataset]!;
  const { min, mean, max } = ours.turns_per_conversation;
  const row = (what: PublishedCount["what"], mine: number, paper: number | null): PublishedCount => {
    return { what, ours: mine, paper, same: paper !== null && sameAsPrinted(mine, paper) };
  };
  return [
    row("conversations", ours.conversations, conversations),
    row("turns", ours.turns, turns),
    row("mean turns a conversation", mean, lengths.mean),
    row("fewest", min, lengths.min),
    row("most", max, lengths.max),
    // Files that name no gold passages tell nothing of how many there are.
    ...(ours.golds_per_turn === undefined ? [] : [row("gold passages a turn", ours.golds_per_turn.mean, golds)]),
  ];
}

/** Papers print one decimal. */
const sameAsPrinted = (ours: number, printed: number): boolean => Math.abs(ours - printed) < 0.05 + 1e-9;

/** For people, a line each. */
export function publishedLines(all: readonly Published[]): string[] {
  return all.flatMap(({ paper, table, split, counts: rows, paper_conversations, paper_turns, remark }) => {
    const has = `${grouped(paper_conversations)} conversations and ${grouped(paper_turns)} turns of ${split}`;
    if (rows === undefined) return [`${table} of ${paper} counts another split: ${has}`];
    const said = (same: boolean): string[] =>
      rows
        .filter((row) => row.same === same)
        .map(({ what, ours, paper: theirs }) => `${what} ${decimals(ours)}${same ? "" : ` (paper: ${decimals(theirs)})`}`);
    const [same, differ] = [said(true), said(false)];
    return [
      `${split} beside ${table} of ${paper}:`,
      ...(same.length > 0 ? [`  the same: ${same.join(", ")}`] : []),
      ...(differ.length > 0 ? [`  differs: ${differ.join(", ")}`] : []),
      ...(differ.length > 0 && remark !== undefined ? [`  recounted: ${remark}`] : []),
    ];
  });
}

const decimals = (value: number | null): string => (value === null ? "none" : grouped(Number(value.toFixed(2))));

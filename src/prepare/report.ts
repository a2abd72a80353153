/** @file The counts of a prepared artifact in words: what was read, what a turn sees, what will not be scored and why. */
import { PreparedStats, type Spread, type SplitStats } from "../schema/prepared-stats.ts";

/** A line each, of the stats in a manifest; none for stats of another version. */
export function preparedLines(stats: Record<string, unknown>): string[] {
  const parsed = PreparedStats.safeParse(stats);
  if (!parsed.success) return [];
  const { splits, turns, passages, judgements, samples, gold_passages: gold, samples_by_positive, judgement_ids, notes } = parsed.data;
  const things = { turns, passages, judgements, samples };
  return [
    ...Object.entries(splits).flatMap(([split, counts]) => splitLines(split, counts)),
    ...(passages !== undefined ? [`passages: ${grouped(passages.kept)}`] : turns !== undefined ? [NO_PASSAGES] : []),
    ...(gold === undefined || gold.absent === 0
      ? []
      : [
          `  ${grouped(gold.absent)} of ${grouped(gold.named)} gold passages are not among them, such as ${JSON.stringify(gold.example)}: only a part of the collection, or other ids?`,
        ]),
    ...(samples === undefined ? [] : [`training samples: ${grouped(samples.kept)}${positives(samples_by_positive)}`]),
    ...Object.entries(judgement_ids).map(([format, count]) => `the judgements name turns as ${format}: ${grouped(count)} read so`),
    ...Object.entries(things).flatMap(([name, counts]) =>
      Object.entries(counts?.excluded ?? {}).map(([reason, n]) => `left out: ${grouped(n)} of ${grouped(counts!.read)} ${name}: ${reason}`),
    ),
    ...notes.map((note) => `note: ${note}`),
  ];
}

const NO_PASSAGES =
  "passages: none, so retrieve from the index of another folder, and name that folder to generate and evaluate as --passages";

function splitLines(split: string, counts: SplitStats): string[] {
  const { conversations, turns, turns_per_conversation: lengths, history, history_cut: cut } = counts;
  const unjudged = Object.entries(counts.not_judged);
  const unanswered = Object.entries(counts.no_reference);
  return [
    `${split}: ${plural(conversations, "conversation")}, ${plural(turns, "turn")}${lengths.max > 1 ? ` (${spread(lengths)} a conversation)` : ""}`,
    ...(history.max > 0 || cut > 0
      ? [
          `  history: ${spread(history)} earlier utterances${cut > 0 ? `; ${plural(cut, "turn")} would have more (--history)` : ", none cut off"}`,
        ]
      : []),
    ...(counts.judged > 0 ? [`  judged: ${plural(counts.judged, "turn")}${golds(counts)}`] : []),
    ...unjudged.map(([reason, n]) => `  no retrieval scores for ${plural(n, "turn")}: ${reason}`),
    ...(counts.referenced > 0 ? [`  references: ${plural(counts.referenced, "turn")}, ${spread(counts.references_per_turn!)} each`] : []),
    ...unanswered.map(([reason, n]) => `  no answer scores for ${plural(n, "turn")}: ${reason}`),
  ];
}

const golds = ({ golds_per_turn: of }: SplitStats): string =>
  of === undefined ? ", none with a relevant passage" : `, ${spread(of)} gold passage${of.max === 1 ? "" : "s"} each`;

function positives(counts: Record<string, number>): string {
  const kinds = Object.entries(counts).map(([kind, n]) => `${kind} ${grouped(n)}`);
  return kinds.length === 0 ? "" : ` (positive passages: ${kinds.join(", ")})`;
}

const plural = (n: number, noun: string): string => `${grouped(n)} ${noun}${n === 1 ? "" : "s"}`;

const spread = ({ min, mean, max }: Spread): string =>
  min === max ? String(min) : `${grouped(min)} to ${grouped(max)}, mean ${mean.toFixed(2)}`;

/** With thousands set apart: toLocaleString loads ICU data for it, which takes longer than reading a small dataset. */
export function grouped(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+(?:\.|$))/g, ",");
}

/** @file What a prepared artifact's manifest says of what was read: counts for people, for reports and for the check against a paper's. */
import { z } from "zod";

const count = z.int().min(0);

/** Over turns or conversations. */
export const Spread = z.strictObject({ min: z.number(), mean: z.number(), max: z.number() });
export type Spread = z.infer<typeof Spread>;

export const SplitStats = z.strictObject({
  conversations: count,
  turns: count,
  turns_per_conversation: Spread,
  /** Earlier utterances that a turn sees, questions and responses. */
  history: Spread,
  /** Turns that see less than the files have (--history). */
  history_cut: count,
  /** Turns with a judgement: retrieval is scored over them. */
  judged: count,
  /** Relevant passages of a judged turn that has some; absent where none has. */
  golds_per_turn: Spread.optional(),
  /** Why the other turns are not judged: reason → turns. */
  not_judged: z.record(z.string(), count),
  /** Turns with a reference answer. */
  referenced: count,
  references_per_turn: Spread.optional(),
  /** Why the others have none: reason → turns. */
  no_reference: z.record(z.string(), count),
});
export type SplitStats = z.infer<typeof SplitStats>;

const Counted = z.strictObject({ read: count, kept: count, excluded: z.record(z.string(), count) });

export const PreparedStats = z.looseObject({
  turns: Counted.optional(),
  passages: Counted.optional(),
  judgements: Counted.optional(),
  samples: Counted.optional(),
  splits: z.partialRecord(z.enum(["train", "dev", "test"]), SplitStats),
  /** Relevant passages that the judgements name, and how many of them are not among the passages; absent where there are none of either. */
  gold_passages: z.strictObject({ named: count, absent: count, example: z.string().optional() }).optional(),
  samples_by_positive: z.record(z.string(), count),
  /** How the judgements named turns: format → turns. */
  judgement_ids: z.record(z.string(), count),
  notes: z.array(z.string()),
});
export type PreparedStats = z.infer<typeof PreparedStats>;

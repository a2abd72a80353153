/** @file What a turn's response is decoded from, in each mode. */
import type { Passage, ResponseLine, Turn } from "../schema/records.ts";
import type { Dropped, Sequence } from "../text/sequence.ts";
import type { SequenceBuilder } from "../text/sequences.ts";
import { DataError } from "../util/errors.ts";
import type { Prompt } from "./decoder.ts";

export type Mode = Exclude<ResponseLine["mode"], "lead">;

export interface TurnPrompt extends Prompt {
  /** The passages in the prompt, in prompt order. */
  passages: string[];
  dropped: Dropped;
}

export interface PassageLists {
  /** Passage ids by turn, best first. */
  ids: ReadonlyMap<string, readonly string[]>;
  texts: ReadonlyMap<string, Passage>;
  /** Where the lists and the texts came from, for errors. */
  from: { lists: string; texts: string };
}

export function promptOf(
  turn: Turn,
  { mode, builder, passages }: { mode: Mode; builder: SequenceBuilder; passages: PassageLists },
): TurnPrompt {
  if (mode === "zero-shot") return prompt(turn, builder.queryPrompt(turn), []);
  if (mode === "zero-shot-emb") {
    const sequence = builder.query(turn);
    return { ...prompt(turn, sequence, []), visible: sequence.emb };
  }
  const given = (passages.ids.get(turn.id) ?? []).map((id) => {
    const passage = passages.texts.get(id);
    if (passage !== undefined) return passage;
    throw new DataError(
      `turn ${JSON.stringify(turn.id)} is given the passage ${JSON.stringify(id)}, which ${passages.from.texts} lacks: do both come from the same prepared folder?`,
      { file: passages.from.lists },
    );
  });
  return prompt(turn, builder.prompt(turn, given), given);
}

function prompt(turn: Turn, sequence: Sequence, given: readonly Passage[]): TurnPrompt {
  const passages = sequence.passages.map((at) => given[at]!.id);
  return { id: turn.id, ids: sequence.ids, visible: null, passages, dropped: sequence.dropped };
}

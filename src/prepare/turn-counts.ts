/** @file The turns that were kept, and what an evaluation over them will find: histories, gold passages, references, and why some have none. */
import type { DatasetTurn, Place, Split } from "../../datasets/types.ts";
import type { SplitStats } from "../schema/prepared-stats.ts";
import { splits } from "./split.ts";
import { SpreadOf } from "./spread.ts";

interface Seen {
  place: Place;
  /** Undefined: the turn was left out. */
  split?: Split;
  judged: boolean;
  golds: number;
  /** Why it is not judged, where the files say so. */
  why?: string;
}

interface PerSplit {
  conversations: Map<string, number>;
  turns: number;
  history: SpreadOf;
  cut: number;
  references: SpreadOf;
  unanswered: Map<string, number>;
}

export class TurnCounts {
  /** Every turn with the place it came from, to name both places of a duplicate. */
  readonly #turns = new Map<string, Seen>();
  readonly #splits = new Map<Split, PerSplit>();

  place(id: string): Place | undefined {
    return this.#turns.get(id)?.place;
  }

  has(id: string): boolean {
    return this.#turns.has(id);
  }

  kept(id: string): boolean {
    return this.#turns.get(id)?.split !== undefined;
  }

  ids(): IterableIterator<string> {
    return this.#turns.keys();
  }

  see(id: string, place: Place): void {
    this.#turns.set(id, { place, judged: false, golds: 0 });
  }

  /** `exchanges`: how much of the turn's history is kept. */
  keep(id: string, { turn, split, exchanges }: { turn: DatasetTurn; split: Split; exchanges: number }): void {
    this.#turns.get(id)!.split = split;
    const group = this.#group(split);
    group.turns++;
    add(group.conversations, turn.conversation);
    group.history.add(2 * exchanges);
    if (exchanges < turn.history.length) group.cut++;

    if (turn.responses.length > 0) group.references.add(turn.responses.length);
    else add(group.unanswered, turn.unanswered ?? "the files have no answer to them");
  }

  judge(id: string, relevance: number): void {
    const seen = this.#turns.get(id)!;
    seen.judged = true;
    if (relevance > 0) seen.golds++;
  }

  /** Turns that are not in the input are no concern of ours. */
  unjudged(id: string, reason: string): void {
    const seen = this.#turns.get(id);
    if (seen !== undefined) seen.why = reason;
  }

  get withGold(): number {
    let turns = 0;
    for (const { split, golds } of this.#turns.values()) if (split !== undefined && golds > 0) turns++;
    return turns;
  }

  /** `otherwise`: why a turn is not judged where nothing else was said. */
  stats(otherwise: string): Partial<Record<Split, SplitStats>> {
    const golds = new Map(splits.map((split) => [split, new SpreadOf()]));
    const judged = new Map(splits.map((split) => [split, 0]));
    const reasons = new Map(splits.map((split) => [split, new Map<string, number>()]));
    for (const seen of this.#turns.values()) {
      if (seen.split === undefined) continue;
      if (seen.golds > 0) golds.get(seen.split)!.add(seen.golds);
      if (seen.judged) judged.set(seen.split, judged.get(seen.split)! + 1);
      else add(reasons.get(seen.split)!, seen.why ?? otherwise);
    }
    return Object.fromEntries(
      splits.flatMap((split): [Split, SplitStats][] => {
        const group = this.#splits.get(split);
        if (group === undefined) return [];
        const { conversations, turns, history, cut, references, unanswered } = group;
        const lengths = new SpreadOf();
        for (const length of conversations.values()) lengths.add(length);
        const [goldSpread, referenceSpread] = [golds.get(split)!.spread(), references.spread()];
        const counts: SplitStats = {
          conversations: conversations.size,
          turns,
          turns_per_conversation: lengths.spread()!,
          history: history.spread()!,
          history_cut: cut,
          judged: judged.get(split)!,
          ...(goldSpread === undefined ? {} : { golds_per_turn: goldSpread }),
          not_judged: Object.fromEntries(reasons.get(split)!),
          referenced: references.count,
          ...(referenceSpread === undefined ? {} : { references_per_turn: referenceSpread }),
          no_reference: Object.fromEntries(unanswered),
        };
        return [[split, counts]];
      }),
    );
  }

  #group(split: Split): PerSplit {
    let group = this.#splits.get(split);
    if (group === undefined) {
      group = {
        conversations: new Map(),
        turns: 0,
        history: new SpreadOf(),
        cut: 0,
        references: new SpreadOf(),
        unanswered: new Map(),
      };
      this.#splits.set(split, group);
    }
    return group;
  }
}

const add = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);

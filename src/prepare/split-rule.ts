/** @file Decides the split of each turn: the deal, then the dataset itself, then `--split`, then the name of the file. */
import type { DatasetTurn, Place, Split } from "../../datasets/types.ts";
import { UsageError } from "../util/errors.ts";
import { type Deal, splitOfFile, splits } from "./split.ts";

export class SplitRule {
  readonly #dealt: Map<string, Split> | undefined;
  readonly #given: Split | undefined;
  readonly #byName = new Map<string, Split>();

  constructor(deal: Deal | undefined, given: Split | undefined) {
    this.#dealt =
      deal && new Map(splits.flatMap((split) => (deal[split] ?? []).map((conversation): [string, Split] => [conversation, split])));
    this.#given = given;
  }

  /** `undefined`: the conversation was dealt to no split. */
  of(turn: DatasetTurn, place: Place): Split | undefined {
    if (this.#dealt !== undefined) return this.#dealt.get(turn.conversation);
    if (turn.split === undefined) return this.#given ?? this.#named(place.file);
    if (this.#given === undefined) return turn.split;
    throw new UsageError(`--split ${this.#given}: this dataset names the split of every turn itself. Leave --split out.`);
  }

  #named(file: string): Split {
    const known = this.#byName.get(file);
    if (known !== undefined) return known;
    const split = splitOfFile(file);
    if (split === undefined) {
      throw new UsageError(`${file}: the file's name does not tell the split. Give --split train, dev or test, or --split-conversations.`);
    }
    this.#byName.set(file, split);
    return split;
  }
}

/** @file Training samples of turns whose positives are their judged passages: built last, when judgements and passages are known. */
import type { Objective, Passage, TrainSample } from "../schema/records.ts";
import { readPassagesOf } from "../util/passage-lines.ts";

export type WaitingTurn = Pick<TrainSample, "id" | "source" | "history" | "question" | "responses">;

export class GoldSamples {
  readonly #waiting = new Map<string, WaitingTurn>();
  readonly #positives = new Map<string, string[]>();

  expect(turn: WaitingTurn): void {
    this.#waiting.set(turn.id, turn);
  }

  /** Judgements about turns that do not wait (another split, a positive of their own) say nothing here. */
  judged(turn: string, passage: string): void {
    if (!this.#waiting.has(turn)) return;
    const passages = this.#positives.get(turn);
    if (passages === undefined) this.#positives.set(turn, [passage]);
    else passages.push(passage);
  }

  /** In the order of the turns. A string is the reason why a turn gives no sample. */
  async *samples(passagesFile: string | undefined): AsyncGenerator<TrainSample | string> {
    const texts = await this.#texts(passagesFile);
    for (const turn of this.#waiting.values()) {
      const positives = (this.#positives.get(turn.id) ?? []).flatMap((id) => texts.get(id) ?? []);
      const objectives = objectivesOf(positives.length > 0, turn.responses.length > 0);
      if (objectives.length === 0) yield "a training turn with neither a gold passage in the collection nor a reference answer";
      else yield { ...turn, positive: positives.length > 0 ? "gold" : "none", objectives, positives, negatives: [] };
    }
  }

  /** The collection may be far larger than memory: only the passages somebody asked for are kept. */
  async #texts(passagesFile: string | undefined): Promise<Map<string, Passage>> {
    const wanted = new Set([...this.#positives.values()].flat());
    const texts = new Map<string, Passage>();
    if (passagesFile === undefined || wanted.size === 0) return texts;
    for await (const passage of readPassagesOf(passagesFile, wanted)) texts.set(passage.id, passage);
    return texts;
  }
}

function objectivesOf(hasPassage: boolean, hasResponse: boolean): Objective[] {
  if (hasPassage && hasResponse) return ["retrieval", "generation", "context-identification"];
  if (hasPassage) return ["retrieval"];
  return hasResponse ? ["generation"] : [];
}

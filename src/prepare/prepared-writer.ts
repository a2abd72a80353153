/** @file Takes the events of a reader and writes turns, passages, judgements and training samples, counting everything. */
import { join } from "node:path";
import type { DatasetEvent, Place } from "../../datasets/types.ts";
import type { PrepareDataOptions } from "../schema/options/prepare-data.ts";
import type { PreparedStats } from "../schema/prepared-stats.ts";
import { type Exchange, Id, type TrainSample } from "../schema/records.ts";
import type { Draft } from "../util/artifact.ts";
import { DataError } from "../util/errors.ts";
import { JsonBytes } from "../util/json-bytes.ts";
import { JsonlWriter } from "../util/jsonl.ts";
import { WriteThread } from "../util/write-thread.ts";
import { GoldPassages } from "./gold-passages.ts";
import { GoldSamples } from "./gold-samples.ts";
import { HistoryBytes, passageLine, sampleLine, turnLine } from "./lines.ts";
import { PassageIds } from "./passage-ids.ts";
import { SplitRule } from "./split-rule.ts";
import type { Deal } from "./split.ts";
import { Tally } from "./tally.ts";
import { TurnCounts } from "./turn-counts.ts";

type FileName = "turns.jsonl" | "passages.jsonl" | "qrels.tsv" | "train.jsonl";
type EventOf<Kind extends DatasetEvent["kind"]> = Extract<DatasetEvent, { kind: Kind }>;

export class PreparedWriter {
  readonly #dir: string;
  readonly #digests: Draft["digests"];
  readonly #options: PrepareDataOptions;
  readonly #rule: SplitRule;
  readonly #keptExchanges: number;
  readonly #thread = new WriteThread();
  readonly #files = new Map<FileName, JsonlWriter>();
  readonly #tally = new Tally();
  readonly #history = new HistoryBytes();
  readonly #json = new JsonBytes();
  readonly #gold = new GoldSamples();
  readonly #goldPassages = new GoldPassages();
  readonly #turns = new TurnCounts();
  readonly #passages: PassageIds;
  readonly #strangers: string[] = [];
  readonly #judgementIds = new Map<string, number>();
  readonly #perPositive = new Map<string, number>();
  readonly #notes: string[] = [];

  constructor({ draft, options, deal }: { draft: Pick<Draft, "dir" | "digests">; options: PrepareDataOptions; deal: Deal | undefined }) {
    this.#dir = draft.dir;
    this.#passages = new PassageIds(join(draft.dir, "passages"));
    this.#digests = draft.digests;
    this.#options = options;
    this.#rule = new SplitRule(deal, options.split);
    this.#keptExchanges = options.history === "full" ? Infinity : options.history === "none" ? 0 : Number(options.history);
  }

  take(event: DatasetEvent): void {
    if (event.kind === "turn") this.#turn(event);
    else if (event.kind === "passage") this.#passage(event);
    else if (event.kind === "judgement") this.#judgement(event);
    else if (event.kind === "sample") this.#sample(event);
    else if (event.kind === "excluded") this.#tally.excluded(event.of, event.reason);
    else if (event.kind === "unjudged") this.#turns.unjudged(event.turn, event.reason);
    else if (event.kind === "renamed") this.#judgementIds.set(event.format, (this.#judgementIds.get(event.format) ?? 0) + event.turns);
    else this.#notes.push(event.text);
  }

  #turn({ turn, place }: EventOf<"turn">): void {
    const id = `${turn.conversation}_${turn.turn}`;
    // Almost every id is plain, and there may be millions.
    if (!/^[!-~]+$/.test(id) && !Id.safeParse(id).success) throw new DataError(`${JSON.stringify(id)} is no turn id.`, place);
    refuseDuplicate(id, place, this.#turns.place(id));
    this.#turns.see(id, place);
    const split = this.#rule.of(turn, place);
    if (split === undefined) return this.#tally.excluded("turn", "its conversation was dealt to no split");
    if (this.#tally.count("turn") === this.#options.limit) return this.#tally.excluded("turn", "beyond --limit");
    this.#tally.kept("turn");
    const history = this.#cut(turn.history);
    this.#turns.keep(id, { turn, split, exchanges: history.length });
    const bytes = this.#history.of(history);
    this.#file("turns.jsonl").writeBytes(turnLine(this.#json, { turn, id, split, history: bytes }));
    if (split !== "train") return;
    const source = this.#options.dataset;
    const { question, responses, training } = turn;
    if (training === undefined) return this.#gold.expect({ id, source, history, question, responses });
    const { positive, objectives, positives, negatives = [] } = training;
    this.#train({ id, source, positive, objectives, history, question, positives, negatives, responses }, bytes);
  }

  #passage({ passage, place }: EventOf<"passage">): void {
    this.#passages.add(passage.id, place);
    this.#goldPassages.passage(passage.id);
    this.#tally.kept("passage");
    this.#file("passages.jsonl").writeBytes(passageLine(this.#json, passage));
  }

  #judgement({ turn, passage, relevance, place }: EventOf<"judgement">): void {
    if (!this.#turns.has(turn)) {
      if (this.#strangers.length < 3) this.#strangers.push(turn);
      return this.#tally.excluded("judgement", "its turn is not in the input");
    }
    if (!this.#turns.kept(turn)) return this.#tally.excluded("judgement", "its turn was left out");
    if (relevance < 0) return this.#tally.excluded("judgement", "a negative grade: the pair was not judged");
    if (!/^[!-~]+$/.test(passage) && !Id.safeParse(passage).success)
      throw new DataError(`${JSON.stringify(passage)} is no passage id.`, place);
    this.#tally.kept("judgement");
    this.#turns.judge(turn, relevance);
    if (relevance > 0) {
      this.#gold.judged(turn, passage);
      this.#goldPassages.judged(passage);
    }
    this.#file("qrels.tsv").writeLine(`${turn}\t0\t${passage}\t${relevance}`);
  }

  #sample({ sample }: EventOf<"sample">): void {
    if (this.#tally.count("sample") === this.#options.limit) return this.#tally.excluded("sample", "beyond --limit");
    this.#train(sample, this.#history.of(sample.history));
  }

  #train(sample: TrainSample, history: Uint8Array): void {
    this.#tally.kept("sample");
    this.#perPositive.set(sample.positive, (this.#perPositive.get(sample.positive) ?? 0) + 1);
    this.#file("train.jsonl").writeBytes(sampleLine(this.#json, sample, history));
  }

  /** Writes what had to wait, closes everything, and returns the counts. */
  async finish(): Promise<PreparedStats> {
    await this.#close("turns.jsonl", "passages.jsonl", "qrels.tsv");
    const passages = this.#files.has("passages.jsonl") ? join(this.#dir, "passages.jsonl") : undefined;
    if (passages !== undefined) await this.#passages.refuseDuplicates(passages);
    this.#passages.close();
    for await (const sample of this.#gold.samples(passages)) {
      if (typeof sample === "string") this.#tally.excluded("sample", sample);
      else this.#train(sample, this.#history.of(sample.history));
    }
    await this.#close("train.jsonl");
    this.#refuseNothing();
    const gold = await this.#goldPassages.count(passages);
    return { ...this.#stats(), ...(gold === undefined ? {} : { gold_passages: gold }) };
  }

  /** Whether it went well or not. */
  async end(): Promise<void> {
    this.#passages.close();
    await this.#thread.end();
  }

  #refuseNothing(): void {
    const file = this.#options.input[0];
    if (this.#files.size === 0) throw new DataError("Nothing to prepare: no turn, passage or sample was kept.", { file });
    if (this.#strangers.length === 0 || this.#tally.count("judgement") > 0) return;
    const turns = [...this.#turns.ids()].slice(0, 3);
    throw new DataError(
      `No judgement is about a turn of the input: the judgements name ${this.#strangers.join(", ")}, the turns are ${turns.join(", ")}.`,
      { file: this.#options.qrels[0] },
    );
  }

  #stats(): PreparedStats {
    const turns = this.#tally.count("turn");
    const { withGold } = this.#turns;
    return {
      ...this.#tally.stats(),
      splits: this.#turns.stats(this.#whyNotJudged()),
      ...(turns === 0 ? {} : { turns_with_gold: withGold, turns_without_gold: turns - withGold }),
      samples_by_positive: Object.fromEntries(this.#perPositive),
      judgement_ids: Object.fromEntries(this.#judgementIds),
      notes: this.#notes,
    };
  }

  #whyNotJudged(): string {
    if (this.#options.qrels.length > 0) return "the judgements do not name them";
    return this.#tally.count("judgement") > 0 ? "the files name no gold passage for them" : "these files name no gold passages";
  }

  #cut(history: Exchange[]): Exchange[] {
    return history.length <= this.#keptExchanges ? history : history.slice(history.length - this.#keptExchanges);
  }

  #file(name: FileName): JsonlWriter {
    let file = this.#files.get(name);
    if (file === undefined) {
      const path = join(this.#dir, name);
      this.#files.set(name, (file = JsonlWriter.create(path, this.#thread.file(path))));
    }
    return file;
  }

  async #close(...names: FileName[]): Promise<void> {
    for (const name of names) {
      const file = this.#files.get(name);
      if (file !== undefined) this.#digests.set(name, await file.close());
    }
  }
}

function refuseDuplicate(id: string, place: Place, earlier: Place | undefined): void {
  if (earlier === undefined) return;
  const at = earlier.line === undefined ? earlier.file : `${earlier.file}:${earlier.line}`;
  throw new DataError(`The turn "${id}" was given at ${at} already. Ids must be unique.`, place);
}

/** @file What a dataset reader is: a folder with a `reader.ts` that turns files into a stream of events. */
import type { Problem } from "../src/util/chunks.ts";
import type { Exchange, Objective, Passage, TrainResponse, TrainSample } from "../src/schema/records.ts";

export type Split = "train" | "dev" | "test";

/** Where in the input something was found, for error messages. */
export interface Place {
  file: string;
  line?: number;
}

/** A turn as the dataset tells it; its id is `<conversation>_<turn>`. */
export interface DatasetTurn {
  conversation: string;
  /** 1-based. */
  turn: number;
  /** Only where the files themselves say so; otherwise `--split` or the file's name decides. */
  split?: Split;
  /** Exchanges may be shared between turns: nobody changes them. */
  history: Exchange[];
  question: string;
  /** Every reference with the passages it rests on; empty when the release has none. */
  responses: TrainResponse[];
  /** Why there is none, where the files say so. */
  unanswered?: string;
  /** Texts the answer has to rest on, where the files name them. */
  evidence?: string[];
  tags: Record<string, string>;
  /** How a turn of the training split trains when not simply "its judged passages are the positives". */
  training?: { positive: TrainSample["positive"]; objectives: Objective[]; positives: Passage[]; negatives?: Passage[] };
}

/**
 * A turn comes before the judgements about it; passages may come at any point. Nothing is left out silently: what a
 * reader skips it reports as `excluded`, and what a release lacks as a `note`.
 */
export type DatasetEvent =
  | { kind: "turn"; turn: DatasetTurn; place: Place }
  | { kind: "passage"; passage: Passage; place: Place }
  | { kind: "judgement"; turn: string; passage: string; relevance: number; place: Place }
  | { kind: "sample"; sample: TrainSample; place: Place }
  | { kind: "excluded"; of: "turn" | "passage" | "judgement" | "sample"; reason: string }
  | { kind: "note"; text: string }
  /** Why a turn has no judgement, where the files say so. */
  | { kind: "unjudged"; turn: string; reason: string }
  /** Turns that the judgements name by a format of util/turn-ids. */
  | { kind: "renamed"; format: string; turns: number };

/** What `prepare-data` was asked to read. */
export interface DatasetInput {
  input: readonly string[];
  collection: readonly string[];
  qrels: readonly string[];
  /** Inverse cloze: spans drawn from each passage. */
  samplesPerPassage: number;
  seed: number;
  /** Told of what had to be repaired in the text. */
  warn?: ((message: string) => void) | undefined;
  /** Told of a bad line or record instead of an error at the first one: reading goes on behind it. */
  problem?: Problem | undefined;
}

export type ReaderOption = "collection" | "qrels" | "samples_per_passage";

/** The default export of `datasets/<name>/reader.ts`. */
export interface DatasetReader {
  /** One line for `uniconv help datasets`. */
  summary: string;
  /** The options beside `--input` that mean something for this dataset; others are refused. */
  options: readonly ReaderOption[];
  /** Read when no `--input` is given: relative to the folder, shipped with the package. */
  shipped?: readonly string[];
  /** A small sample in the true format, written by us: relative to the folder. */
  sample: { input: readonly string[]; collection?: readonly string[]; qrels?: readonly string[] };
  /** The files behind one `--input` path, where that is a folder; they are hashed into the manifest. */
  files?(path: string): string[];
  /** Many events at a time, since an asynchronous step for each would cost more than the event; a batch may be a generator. */
  read(input: DatasetInput): AsyncGenerator<Iterable<DatasetEvent>>;
}

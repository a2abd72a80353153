/** @file `uniconv prepare-data`: the files of a dataset become the prepared artifact every later stage reads. */
import { join } from "node:path";
import { datasetFolder, loadReader } from "../../datasets/registry.ts";
import type { DatasetInput, DatasetReader, ReaderOption } from "../../datasets/types.ts";
import type { PrepareDataOptions } from "../schema/options/prepare-data.ts";
import type { FileEntry } from "../schema/manifest.ts";
import { writeArtifact } from "../util/artifact.ts";
import { fileEntry } from "../util/artifact-work.ts";
import { Interrupted, UsageError } from "../util/errors.ts";
import { firstWarnings, type StageContext } from "../util/reporter.ts";
import { withStandardInput } from "../util/standard-input.ts";
import { PreparedWriter } from "./prepared-writer.ts";
import { type Deal, dealConversations, describeDeal } from "./split.ts";

export interface PrepareDataResult {
  /** `done`: an equal artifact was there already. */
  status: "written" | "done";
  output: string;
  stats: Record<string, unknown>;
}

export async function prepareData(options: PrepareDataOptions, context: StageContext): Promise<PrepareDataResult> {
  const reader = await loadReader(options.dataset);
  const named = datasetInput(reader, options);
  const paths = [...named.input, ...named.collection, ...named.qrels];
  return withStandardInput({ paths, signal: context.signal }, (fileOf) => {
    const [input, collection, qrels] = [named.input, named.collection, named.qrels].map((files) => files.map(fileOf)) as [
      string[],
      string[],
      string[],
    ];
    const whole = [...named.input.flatMap((path) => reader.files?.(path) ?? [path]), ...named.collection, ...named.qrels];
    const hashed = whole.map((path) => (path === "-" ? fileEntry(fileOf(path), path) : path));
    return prepareFiles({ options, reader, input: { ...named, input, collection, qrels }, hashed }, context);
  });
}

interface PrepareTask {
  options: PrepareDataOptions;
  reader: DatasetReader;
  input: DatasetInput;
  /** What the manifest names as inputs. */
  hashed: readonly (string | FileEntry)[];
}

async function prepareFiles({ options, reader, input, hashed }: PrepareTask, context: StageContext): Promise<PrepareDataResult> {
  const { resume, overwrite, output, ...recorded } = options;
  const { status, manifest } = await writeArtifact(
    {
      output,
      kind: "prepared",
      command: "prepare-data",
      options: recorded,
      seed: options.seed,
      inputs: hashed,
      partial: options.limit !== undefined,
      resume,
      overwrite,
    },
    async (draft) => {
      const deal = await dealOut(reader, input, options);
      const writer = new PreparedWriter({ draft, options, deal });
      const warnings = firstWarnings(context.reporter.warn);
      try {
        for await (const batch of watched(reader.read({ ...input, warn: warnings.take }), context))
          for (const event of batch) writer.take(event);
        Object.assign(draft.stats, await writer.finish());
        warnings.end();
      } finally {
        await writer.end();
      }
      if (deal !== undefined) draft.stats["split_conversations"] = describeDeal(deal);
    },
  );
  return { status, output, stats: manifest.stats };
}

function datasetInput(reader: DatasetReader, options: PrepareDataOptions): DatasetInput {
  const given: Record<ReaderOption, boolean> = {
    collection: options.collection.length > 0,
    qrels: options.qrels.length > 0,
    samples_per_passage: options.samples_per_passage !== 1,
  };
  for (const [name, isGiven] of Object.entries(given)) {
    if (isGiven && !reader.options.includes(name as ReaderOption)) {
      throw new UsageError(`--${name.replaceAll("_", "-")} means nothing for the dataset "${options.dataset}". Leave it out.`);
    }
  }
  if (options.split !== undefined && options.split_conversations !== undefined) {
    throw new UsageError("--split puts all turns into one split, --split-conversations deals them out: give one of the two.");
  }
  if (options.input.length === 0 && reader.shipped === undefined) {
    throw new UsageError(`--input is missing: the dataset "${options.dataset}" is not shipped with uniconv; its card says how to get it.`);
  }
  return {
    input: options.input.length > 0 ? options.input : (reader.shipped ?? []).map((path) => join(datasetFolder(options.dataset), path)),
    collection: options.collection,
    qrels: options.qrels,
    samplesPerPassage: options.samples_per_passage,
    seed: options.seed,
  };
}

/** A pass of its own over the turns: where a conversation goes must be known before its first turn is written. */
async function dealOut(reader: DatasetReader, input: DatasetInput, options: PrepareDataOptions): Promise<Deal | undefined> {
  if (options.split_conversations === undefined) return undefined;
  const conversations = new Set<string>();
  for await (const batch of reader.read({ ...input, collection: [] })) {
    for (const event of batch) if (event.kind === "turn") conversations.add(event.turn.conversation);
  }
  return dealConversations({ conversations: [...conversations], sizes: options.split_conversations, seed: options.seed });
}

/** Stops between batches at the user's wish, and says now and then how far it is. */
async function* watched<T>(batches: AsyncGenerator<T>, { signal, reporter }: StageContext): AsyncGenerator<T> {
  let done = 0;
  for await (const batch of batches) {
    if (signal.aborted) throw new Interrupted("prepare-data was stopped; --resume starts it again.");
    if (++done % 64 === 0) reporter.progress({ label: "reading", done, unit: "pieces" });
    yield batch;
  }
}

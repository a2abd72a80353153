/** @file The encoding job: passages or conversations of a prepared artifact → vector shards. Runs in the engine's process. */
import type { Job } from "../engine/messages.ts";
import { contextLength } from "../models/context.ts";
import { modelFromConfig } from "../models/loader.ts";
import { openDevice } from "../onnx/device.ts";
import { Passage } from "../schema/records.ts";
import { SequenceSettings } from "../schema/settings.ts";
import { sequenceBuilder } from "../text/from-settings.ts";
import type { Dropped, Sequence } from "../text/sequence.ts";
import type { SequenceBuilder } from "../text/sequences.ts";
import { loadTokenizer } from "../text/tokenizer.ts";
import { Interrupted, UsageError } from "../util/errors.ts";
import { readJsonl } from "../util/jsonl.ts";
import { readTurns, type TurnSelection } from "../util/prepared.ts";
import { SHARD_ROWS, VectorShardWriter } from "../util/vector-shards.ts";
import { openModelFiles } from "../weights/model-files.ts";
import { Embedder } from "./embedder.ts";

const DEFAULTS = SequenceSettings.parse({});

export type TextSource =
  | { kind: "passages"; file: string; limit: number | undefined }
  /** `history: false` encodes the question alone. */
  | { kind: "conversations"; turns: Omit<TurnSelection, "ids">; history: boolean };

export interface EncodeInput {
  source: TextSource;
  /** How many there are, for progress. */
  total: number | undefined;
  model: string;
  base_model: string | undefined;
  settings: SequenceSettings;
  device: string;
  threads: number;
  /** Padded tokens per batch. */
  batch_tokens: number;
  /** Where the shards go; those that are complete stay. */
  dir: string;
}

export interface EncodeResult {
  rows: number;
  dimension: number;
  tokens: number;
  /** What did not fit, summed; and texts without white space that were cut before tokenising. */
  dropped: Dropped;
  split_runs: number;
}

interface Text {
  id: string;
  sequence: Sequence;
}

export async function run(input: EncodeInput, job: Job): Promise<EncodeResult> {
  const files = await openModelFiles(input.model, { baseModel: input.base_model });
  const model = await modelFromConfig(files.config, files.configFile);
  const tokenizer = await loadTokenizer(files.tokenizerDir);
  tokenizer.assertFits(model.config.vocab_size);
  const settings = withinContext(input, contextLength(model.config), job);
  const builder = sequenceBuilder(tokenizer, settings);
  const { device, reason } = await openDevice(input.device);
  job.info(`encoding on ${device} (${reason}), ${input.threads} threads`);
  const embedder = await Embedder.open(
    { files, model },
    {
      device,
      threads: input.threads,
      normalize: settings.normalize,
      pooling: settings.pooling,
      max_length: input.source.kind === "passages" ? settings.max_passage_length : settings.max_query_length,
      padId: tokenizer.padId,
      batch_tokens: input.batch_tokens,
    },
  );
  const writer = new VectorShardWriter(input.dir);
  const total: EncodeResult = {
    rows: 0,
    dimension: embedder.dimension,
    tokens: 0,
    dropped: { pairs: 0, question_tokens: 0, passages: 0, passage_tokens: 0, response_tokens: 0 },
    split_runs: 0,
  };
  let shard = 0;
  for await (const texts of inShards(sequencesOf(input.source, builder))) {
    if (!writer.has(shard)) {
      const vectors = await embedder.embed(
        texts.map(({ sequence }) => sequence),
        {
          describe: (row) => `${input.source.kind === "passages" ? "passage" : "turn"} ${JSON.stringify(texts[row]!.id)}`,
          onBatch: (done) => {
            report(job, input, total.rows + done);
            if (job.stopping) throw new Interrupted(`stopped while encoding, after ${total.rows} rows; continue with --resume`);
          },
        },
      );
      writer.write(shard, { ids: texts.map(({ id }) => id), vectors });
    }
    count(total, texts);
    report(job, input, total.rows);
    shard++;
  }
  await embedder.release();
  writer.finish(total);
  return { ...total, split_runs: tokenizer.splitRunCount };
}

/** No sequence may be longer than the model has positions: a limit that nobody chose is cut, any other one refused. */
function withinContext({ settings, source }: EncodeInput, context: number, job: Job): SequenceSettings {
  const key = source.kind === "passages" ? "max_passage_length" : "max_query_length";
  const asked = settings[key];
  if (asked <= context) return settings;
  if (asked !== DEFAULTS[key])
    throw new UsageError(`--${key.replaceAll("_", "-")} ${asked} is more than the model's context of ${context} tokens; lower it`);
  job.warn(`${key} ${asked} is cut to the ${context} positions the model has`);
  return { ...settings, [key]: context };
}

async function* sequencesOf(source: TextSource, builder: SequenceBuilder): AsyncGenerator<Text> {
  if (source.kind === "conversations") {
    for await (const { id, question, history } of readTurns(source.turns))
      yield { id, sequence: builder.query({ question, history: source.history ? history : [] }) };
    return;
  }
  let rows = 0;
  for await (const passage of readJsonl(source.file, Passage)) {
    if (rows++ === source.limit) return;
    yield { id: passage.id, sequence: builder.passage(passage) };
  }
}

async function* inShards(texts: AsyncGenerator<Text>): AsyncGenerator<Text[]> {
  let shard: Text[] = [];
  for await (const text of texts) {
    shard.push(text);
    if (shard.length < SHARD_ROWS) continue;
    yield shard;
    shard = [];
  }
  if (shard.length > 0) yield shard;
}

function count(total: EncodeResult, texts: readonly Text[]): void {
  total.rows += texts.length;
  for (const { sequence } of texts) {
    total.tokens += sequence.ids.length;
    for (const key of Object.keys(total.dropped) as (keyof Dropped)[]) total.dropped[key] += sequence.dropped[key];
  }
}

function report(job: Job, { source, total }: EncodeInput, done: number): void {
  job.report({ label: `encoding ${source.kind}`, done, ...(total === undefined ? {} : { total }), unit: source.kind });
}

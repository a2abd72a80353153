/** @file The generation job: prompts → responses, window by window. Runs in the engine's process. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Job } from "../engine/messages.ts";
import { assertAdapterFits } from "../models/adapter-fit.ts";
import { contextLength } from "../models/context.ts";
import { modelFromConfig } from "../models/loader.ts";
import { Parameters } from "../models/parameters.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import { openDevice } from "../onnx/device.ts";
import { type Passage, ResponseLine, type Turn } from "../schema/records.ts";
import type { SequenceSettings } from "../schema/settings.ts";
import { sequenceBuilder } from "../text/from-settings.ts";
import type { Dropped } from "../text/sequence.ts";
import { loadTokenizer } from "../text/tokenizer.ts";
import { Interrupted, UsageError } from "../util/errors.ts";
import { makeFolder, writeFileAtomic } from "../util/files.ts";
import { attempt } from "../util/io-errors.ts";
import { stringify } from "../util/json.ts";
import { JsonlWriter, readJsonl } from "../util/jsonl.ts";
import { readPassagesOf } from "../util/passage-lines.ts";
import { readTurns, type TurnSelection } from "../util/prepared.ts";
import { openModelFiles } from "../weights/model-files.ts";
import { type Decoded, Decoder } from "./decoder.ts";
import { type Mode, type PassageLists, promptOf, type TurnPrompt } from "./prompts.ts";

export const RESPONSES = "responses.jsonl";

export interface GenerateInput {
  model: string;
  base_model: string | undefined;
  settings: SequenceSettings;
  mode: Mode;
  turns: TurnSelection;
  /** Passage ids by turn, and the file that has their texts; null where the mode shows none. */
  passages: { ids: ReadonlyMap<string, readonly string[]>; from: PassageLists["from"] } | null;
  max_prompt_tokens: number | undefined;
  max_new_tokens: number;
  batch_size: number;
  pack_weights: boolean;
  device: string;
  threads: number;
  /** The draft directory. */
  dir: string;
}

export interface GenerateResult {
  turns: number;
  prompt_tokens: number;
  new_tokens: number;
  /** Responses that the length limit ended. */
  cut: number;
  dropped: Dropped;
}

/** Turns that are sorted by length together, in batches: what is lost when a run is killed. */
const WINDOW_BATCHES = 4;
const PARTS = "parts";

export async function run(input: GenerateInput, job: Job): Promise<GenerateResult> {
  const { decoder, builder, tokenizer } = await open(input, job);
  const passages: PassageLists = {
    ids: input.passages?.ids ?? new Map(),
    texts: await readTexts(input.passages),
    from: input.passages?.from ?? { lists: "", texts: "" },
  };
  const parts = join(input.dir, PARTS);
  makeFolder(parts);
  const dropped: Dropped = { pairs: 0, question_tokens: 0, passages: 0, passage_tokens: 0, response_tokens: 0 };
  const files: string[] = [];
  let done = 0;
  for await (const turns of windows(readTurns(input.turns), input.batch_size * WINDOW_BATCHES)) {
    const prompts = turns.map((turn) => promptOf(turn, { mode: input.mode, builder, passages }));
    for (const prompt of prompts) for (const key of Object.keys(dropped) as (keyof Dropped)[]) dropped[key] += prompt.dropped[key];
    const file = join(parts, `${String(files.length).padStart(5, "0")}.jsonl`);
    if (!existsSync(file)) {
      const before = done;
      const onProgress = (finished: number, tokens: number): void => {
        const detail = tokens === 0 ? "reading prompts" : `token ${tokens}`;
        job.report({ label: "answering", done: before + finished, total: input.turns.ids.length, unit: "turns", detail });
        if (job.stopping) throw new Interrupted(`stopped after ${before} of ${input.turns.ids.length} turns; continue with --resume`);
      };
      const decoded = await decodeWindow(prompts, { decoder, input, stopIds: tokenizer.stopIds, onProgress });
      const lines = prompts.map((prompt, at) =>
        responseLine(prompt, decoded[at]!, { mode: input.mode, text: tokenizer.decode(decoded[at]!.ids) }),
      );
      writeFileAtomic(file, lines.map((line) => `${stringify(line)}\n`).join(""));
    }
    files.push(file);
    done += turns.length;
    job.report({ label: "answering", done, total: input.turns.ids.length, unit: "turns" });
  }
  await decoder.release();
  return { ...(await joinParts(files, input.dir)), dropped };
}

async function open(input: GenerateInput, job: Job) {
  const files = await openModelFiles(input.model, { baseModel: input.base_model });
  const model = await modelFromConfig(files.config, files.configFile);
  const tokenizer = await loadTokenizer(files.tokenizerDir);
  tokenizer.assertFits(model.config.vocab_size);
  const context = contextLength(model.config);
  const room = context - input.max_new_tokens;
  const max_prompt_tokens = input.max_prompt_tokens ?? room;
  if (room < 1 || max_prompt_tokens > room)
    throw new UsageError(
      `--max-new-tokens ${input.max_new_tokens} leaves ${Math.max(room, 0)} of the model's ${context} positions to the prompt${input.max_prompt_tokens === undefined ? "" : `, but --max-prompt-tokens is ${input.max_prompt_tokens}`}; lower one of them`,
    );
  const settings = { ...input.settings, max_query_length: Math.min(input.settings.max_query_length, room) };
  const builder = sequenceBuilder(tokenizer, settings, { max_prompt_tokens });
  const { device, reason } = await openDevice(input.device);
  job.info(`answering on ${device} (${reason}), ${input.threads} threads`);
  const { adapter } = files;
  if (adapter) assertAdapterFits(model, adapter, { names: adapter.names(), file: adapter.file });
  const parameters = () =>
    new Parameters({
      graph: new GraphBuilder(),
      lookup: files.weight,
      lora: adapter,
      adapters: adapter && adapter.weight,
    });
  const decoder = await Decoder.open(model, parameters, {
    device,
    threads: input.threads,
    packed: input.pack_weights,
    max_positions: context,
  });
  return { decoder, builder, tokenizer };
}

/** The texts of the passages that any turn is given. */
async function readTexts(passages: GenerateInput["passages"]): Promise<Map<string, Passage>> {
  const texts = new Map<string, Passage>();
  if (passages === null) return texts;
  const wanted = new Set([...passages.ids.values()].flat());
  if (wanted.size === 0) return texts;
  for await (const passage of readPassagesOf(passages.from.texts, wanted)) texts.set(passage.id, passage);
  return texts;
}

async function* windows(turns: AsyncGenerator<Turn>, size: number): AsyncGenerator<Turn[]> {
  let window: Turn[] = [];
  for await (const turn of turns) {
    window.push(turn);
    if (window.length < size) continue;
    yield window;
    window = [];
  }
  if (window.length > 0) yield window;
}

/** Batches of prompts of like length; responses in the order of the prompts. */
async function decodeWindow(
  prompts: readonly TurnPrompt[],
  {
    decoder,
    input,
    stopIds,
    onProgress,
  }: { decoder: Decoder; input: GenerateInput; stopIds: ReadonlySet<number>; onProgress: (finished: number, tokens: number) => void },
): Promise<Decoded[]> {
  const order = prompts.map((_, at) => at).sort((a, b) => prompts[b]!.ids.length - prompts[a]!.ids.length || a - b);
  const decoded: Decoded[] = [];
  for (let at = 0; at < order.length; at += input.batch_size) {
    const batch = order.slice(at, at + input.batch_size);
    const responses = await decoder.decode(
      batch.map((row) => prompts[row]!),
      { max_new_tokens: input.max_new_tokens, stopIds, onStep: ({ finished, tokens }) => onProgress(at + finished, tokens) },
    );
    batch.forEach((row, i) => {
      decoded[row] = responses[i]!;
    });
  }
  return decoded;
}

function responseLine(prompt: TurnPrompt, { ids, finish }: Decoded, { mode, text }: { mode: Mode; text: string }): ResponseLine {
  return {
    turn: prompt.id,
    response: text.trim(),
    mode,
    passages: prompt.passages,
    prompt_tokens: prompt.ids.length,
    new_tokens: ids.length,
    finish,
  };
}

/** One file from the windows', and their totals. */
async function joinParts(files: readonly string[], dir: string): Promise<Omit<GenerateResult, "dropped">> {
  const total = { turns: 0, prompt_tokens: 0, new_tokens: 0, cut: 0 };
  const writer = JsonlWriter.create(join(dir, RESPONSES));
  for (const file of files)
    for await (const line of readJsonl(file, ResponseLine)) {
      writer.write(line);
      total.turns++;
      total.prompt_tokens += line.prompt_tokens;
      total.new_tokens += line.new_tokens;
      if (line.finish === "length") total.cut++;
    }
  await writer.close();
  attempt(dir, "delete the parts in", () => rmSync(join(dir, PARTS), { recursive: true }));
  return total;
}

/** @file `uniconv generate`: a model answers the turns of a prepared folder. */
import { runJob } from "../engine/run-job.ts";
import type { FileEntry } from "../schema/manifest.ts";
import type { GenerateOptions } from "../schema/options/generate.ts";
import { promptPath, settingsFor } from "../text/from-settings.ts";
import { loadRagPrompt } from "../text/rag-prompt.ts";
import { type Artifact, openArtifact, writeArtifact } from "../util/artifact.ts";
import { DataError, UsageError } from "../util/errors.ts";
import { inputEntry, passageTexts, QRELS, selectTurns, TURNS, type TurnSelection } from "../util/prepared.ts";
import { readQrels } from "../util/qrels.ts";
import type { StageContext } from "../util/reporter.ts";
import { readRun } from "../util/run-file.ts";
import { availableThreads } from "../util/threads.ts";
import { modelFingerprint } from "../weights/fingerprint.ts";
import type { GenerateInput, GenerateResult } from "./generate-job.ts";
import type { Mode, PassageLists } from "./prompts.ts";

export interface GenerateSummary {
  /** `done`: an equal artifact was there already. */
  status: "written" | "done";
  output: string;
  mode: Mode;
  stats: Record<string, unknown>;
}

export async function generate(options: GenerateOptions, context: StageContext): Promise<GenerateSummary> {
  const mode = modeOf(options);
  const prepared = await openArtifact(options.input, "prepared");
  const turns = await selectTurns(prepared, options);
  const given = await passagesFor(mode, { options, prepared, turns, context });
  const { fingerprint, tokenizer } = await modelFingerprint(options.model, { baseModel: options.base_model });
  const settings = settingsFor(options.model, options);
  if (mode === "zero-shot-emb" && settings.pooling !== "emb")
    throw new UsageError(`--mode zero-shot-emb decodes from embedding tokens, which a model with pooling ${settings.pooling} has none of`);
  const threads = options.threads ?? availableThreads();
  const { status, manifest } = await writeArtifact(
    {
      output: options.output,
      kind: "responses",
      command: "generate",
      options: {
        ...options,
        mode,
        split: turns.split,
        ...settings,
        threads,
        prompt_sha256: loadRagPrompt(promptPath(settings.prompt)).hash,
      },
      seed: 0,
      inputs: [inputEntry(prepared, TURNS), ...given.inputs],
      model: { fingerprint, tokenizer },
      partial: options.limit !== undefined || prepared.manifest.partial || given.partial,
      resume: options.resume,
      overwrite: options.overwrite,
    },
    async (draft) => {
      const { model, base_model, max_prompt_tokens, max_new_tokens, batch_size, pack_weights, device } = options;
      const input: GenerateInput = {
        model,
        base_model,
        settings,
        mode,
        turns,
        max_prompt_tokens,
        max_new_tokens,
        batch_size,
        pack_weights,
        device,
        threads,
        passages: given.lists,
        dir: draft.dir,
      };
      const made = await runJob<GenerateInput, GenerateResult>({
        module: new URL("./generate-job.ts", import.meta.url),
        input,
        context,
        name: "generation",
      });
      Object.assign(draft.stats, { split: turns.split ?? "all", ...made, turns_without_passages: given.without });
    },
  );
  return { status, output: options.output, mode, stats: manifest.stats };
}

function modeOf({ mode, run, passages }: GenerateOptions): Mode {
  const chosen = mode ?? (run === undefined ? "zero-shot" : "rag");
  if (chosen === "rag" && run === undefined) throw new UsageError("--mode rag needs --run: the passages to answer from");
  if (chosen !== "rag" && run !== undefined) throw new UsageError(`--mode ${chosen} reads no run; leave out --run, or use --mode rag`);
  if (passages !== undefined && chosen.startsWith("zero-shot"))
    throw new UsageError(`--mode ${chosen} shows no passages; leave out --passages, or give --run`);
  return chosen;
}

interface Given {
  lists: { ids: Map<string, string[]>; from: PassageLists["from"] } | null;
  inputs: (string | FileEntry)[];
  partial: boolean;
  /** Turns that are answered without passages although the mode shows some. */
  without: number;
}

async function passagesFor(
  mode: Mode,
  source: { options: GenerateOptions; prepared: Artifact; turns: TurnSelection; context: StageContext },
): Promise<Given> {
  if (mode === "zero-shot" || mode === "zero-shot-emb") return { lists: null, inputs: [], partial: false, without: 0 };
  const { options, prepared, turns, context } = source;
  const { listOf, known, file, partial } = mode === "rag" ? await fromRun(options) : await fromQrels(options, prepared);
  const ids = new Map(turns.ids.map((turn) => [turn, listOf(turn)]));
  const without = turns.ids.filter((turn) => ids.get(turn)!.length === 0);
  if (without.length === turns.ids.length) {
    const three = (all: readonly string[]) =>
      all
        .slice(0, 3)
        .map((id) => JSON.stringify(id))
        .join(", ");
    throw new DataError(
      `has passages for none of the ${turns.ids.length} turns of ${options.input} (split ${turns.split ?? "all"}): it knows turns like ${three(known) || "none"}, asked were ${three(turns.ids)}`,
      { file },
    );
  }
  if (without.length > 0)
    context.reporter.warn(`${without.length} of ${turns.ids.length} turns have no passage in ${file}; they are answered without`);
  const texts = await passageTexts(prepared, options.passages);
  return { lists: { ids, from: { lists: file, texts: texts.file } }, inputs: [texts.entry, file], partial, without: without.length };
}

interface ListSource {
  listOf: (turn: string) => string[];
  known: readonly string[];
  file: string;
  partial: boolean;
}

async function fromRun({ run, top_k }: GenerateOptions): Promise<ListSource> {
  const { table, path, partial } = await readRun(run!);
  return { listOf: (turn) => table.passages(turn, top_k).map(({ id }) => id), known: table.turns, file: path, partial };
}

/** Every passage judged relevant, the best grade first. */
async function fromQrels({ top_k }: GenerateOptions, prepared: Artifact): Promise<ListSource> {
  const file = prepared.path(QRELS);
  const qrels = await readQrels(file);
  const listOf = (turn: string): string[] =>
    [...(qrels.get(turn) ?? [])]
      .filter(([, grade]) => grade > 0)
      .sort(([, a], [, b]) => b - a)
      .slice(0, top_k)
      .map(([id]) => id);
  return { listOf, known: [...qrels.keys()], file, partial: false };
}

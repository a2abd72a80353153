/** @file `uniconv init-model`: a fresh Llama with a tokenizer learned from the given text, as an ordinary Hugging Face directory. */
import { join } from "node:path";
import { fromConfig } from "../models/llama.ts";
import type { InitModelOptions } from "../schema/options/init-model.ts";
import { writeArtifact } from "../util/artifact.ts";
import { DataError, Interrupted } from "../util/errors.ts";
import { writeFileDurable } from "../util/files.ts";
import type { StageContext } from "../util/reporter.ts";
import { modelFingerprint } from "../weights/fingerprint.ts";
import { elementCount, writeSafetensors } from "../weights/safetensors.ts";
import { SPECIAL_TOKENS, tokenizerConfig, tokenizerJson } from "./bpe-files.ts";
import { type Bpe, trainBpe } from "./bpe-trainer.ts";
import { initialWeights } from "./initial-weights.ts";
import { configJson, sizesOf } from "./sizes.ts";
import { textFiles, textsOf } from "./text-sources.ts";
import { WordCounts } from "./word-counts.ts";

export interface InitModelResult {
  /** `done`: an equal model was there already. */
  status: "written" | "done";
  output: string;
  parameters: number;
  vocab_size: number;
}

export async function initModel(options: InitModelOptions, context: StageContext): Promise<InitModelResult> {
  const sizes = sizesOf(options);
  const files = await textFiles(options);
  const { resume, overwrite, output, ...recorded } = options;
  const written = await writeArtifact(
    {
      output,
      kind: "model",
      command: "init-model",
      options: { ...recorded, ...sizes },
      seed: options.seed,
      inputs: files,
      resume,
      overwrite,
    },
    async (draft) => {
      const bpe = await learnTokenizer(files, { ...options, ...sizes }, context);
      const fitted = { ...sizes, vocab_size: bpe.tokens.length };
      const config = configJson(fitted, options);
      const put = (name: string, content: string) => writeFileDurable(join(draft.dir, name), content);
      put("tokenizer.json", tokenizerJson(bpe));
      put("tokenizer_config.json", pretty(tokenizerConfig(fitted.max_position_embeddings)));
      put("config.json", pretty(config));
      put("generation_config.json", pretty({ eos_token_id: 0, pad_token_id: 0, do_sample: false }));
      const shapes = fromConfig(config, join(draft.dir, "config.json")).weights();
      await writeSafetensors(join(draft.dir, "model.safetensors"), initialWeights(shapes, fitted, options), { format: "pt" });
      const { fingerprint, tokenizer } = await modelFingerprint(draft.dir);
      const parameters = [...shapes.values()].reduce((total, shape) => total + elementCount(shape), 0);
      Object.assign(draft.stats, { parameters, vocab_size: bpe.tokens.length, merges: bpe.merges.length, fingerprint, tokenizer });
    },
  );
  const { parameters, vocab_size } = written.manifest.stats as { parameters: number; vocab_size: number };
  return { status: written.status, output, parameters, vocab_size };
}

async function learnTokenizer(
  files: readonly string[],
  options: { vocab_size: number; min_frequency: number },
  context: StageContext,
): Promise<Bpe> {
  const words = new WordCounts();
  let texts = 0;
  for await (const text of textsOf(files)) {
    words.add(text);
    if (++texts % 10_000 !== 0) continue;
    context.reporter.progress({ label: "Reading text", done: texts, unit: "texts" });
    if (context.signal.aborted) throw new Interrupted("Stopped while reading text; nothing was written");
  }
  if (words.size === 0) throw new DataError("holds no text to learn a tokenizer from", { file: files.join(", ") });
  const bpe = trainBpe(words, { ...options, special_tokens: SPECIAL_TOKENS });
  if (bpe.tokens.length < options.vocab_size) {
    context.reporter.info(`The text gives ${bpe.tokens.length} tokens (at most ${options.vocab_size} were asked for).`);
  }
  return bpe;
}

function pretty(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

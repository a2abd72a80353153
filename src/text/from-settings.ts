/** @file The sequence builder a model directory's settings ask for. */
import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { SEQUENCE_SETTINGS_KEYS, SequenceSettings, SETTINGS_FILE } from "../schema/settings.ts";
import { DataError } from "../util/errors.ts";
import { readJson } from "../util/files.ts";
import { explain } from "../util/jsonl.ts";
import { packageRoot } from "../util/package-root.ts";
import { loadRagPrompt } from "./rag-prompt.ts";
import { SequenceBuilder } from "./sequences.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** `extra.max_prompt_tokens` is the budget of a prompt for answering, where it is not X's own. */
export function sequenceBuilder(
  tokenizer: Tokenizer,
  settings: SequenceSettings,
  extra: { max_prompt_tokens?: number } = {},
): SequenceBuilder {
  return new SequenceBuilder(tokenizer, {
    emb_tokens: settings.emb_tokens,
    history_order: settings.history_order,
    pooling: settings.pooling,
    query_prefix: settings.query_prefix,
    passage_prefix: settings.passage_prefix,
    max_query_tokens: settings.max_query_length,
    max_passage_tokens: settings.max_passage_length,
    max_response_tokens: settings.max_response_length,
    rag_prompt: loadRagPrompt(promptPath(settings.prompt)),
    ...extra,
  });
}

/** The prompt file a model directory carries when it was trained with one of the user's own. */
export const PROMPT_FILE = "rag-prompt.jinja";

/** A name in prompts/, or a file. Throws `DataError` where it is neither. */
export function promptPath(prompt: string): string {
  const folder = join(packageRoot(), "prompts");
  const shipped = join(folder, `${prompt}.jinja`);
  if (existsSync(shipped)) return shipped;
  if (existsSync(prompt)) return prompt;
  const names = readdirSync(folder).map((file) => basename(file, ".jinja"));
  throw new DataError(`prompt ${prompt}: no such file, and no prompt of that name; the names are ${names.join(", ")}`);
}

/** uniconv.json of a model directory; null where it has none. */
export function readSettings(modelDir: string): SequenceSettings | null {
  const file = join(modelDir, SETTINGS_FILE);
  if (!existsSync(file)) return null;
  const parsed = SequenceSettings.safeParse(readJson(file));
  if (!parsed.success) throw new DataError(explain(parsed.error.issues), { file });
  const own = join(modelDir, PROMPT_FILE);
  return parsed.data.prompt === PROMPT_FILE ? { ...parsed.data, prompt: own } : parsed.data;
}

/** What the model was trained with, as far as it says, and what the user asked for instead. */
export function settingsFor(
  modelDir: string,
  overrides: { [Key in keyof SequenceSettings]?: SequenceSettings[Key] | undefined },
): SequenceSettings {
  const asked = SEQUENCE_SETTINGS_KEYS.filter((key) => overrides[key] !== undefined).map((key) => [key, overrides[key]]);
  return { ...SequenceSettings.parse({}), ...readSettings(modelDir), ...(Object.fromEntries(asked) as Partial<SequenceSettings>) };
}

/** The settings among the options of a command. */
export function pickSettings(options: SequenceSettings): SequenceSettings {
  return SequenceSettings.parse(Object.fromEntries(SEQUENCE_SETTINGS_KEYS.map((key) => [key, options[key]])));
}

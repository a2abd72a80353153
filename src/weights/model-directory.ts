/** @file Whether a path is a model directory at all: hub names are a frequent slip. */
import { statSync } from "node:fs";
import { DataError, UsageError } from "../util/errors.ts";

/** What goes along with the weights where they are copied to, so that the directory can be used alone. */
export const COMPANION_FILES = [
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "chat_template.jinja",
  "generation_config.json",
];

/** Something that looks like a name on the Hugging Face hub is answered with the command that fetches it. */
export function assertModelDirectory(path: string, flag: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  if (/^[\w.-]+\/[\w.-]+$/.test(path))
    throw new UsageError(
      `${flag} ${path} is no directory here; if it is a name on the Hugging Face hub, fetch it first:\n  hf download ${path} --local-dir ${path.split("/").at(-1)}`,
    );
  throw new DataError("no such model directory", { file: path });
}

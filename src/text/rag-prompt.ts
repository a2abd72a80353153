/** @file The RAG prompt: a template file over numbered passages and the question, split at its slots. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Template } from "@huggingface/jinja";
import type { Passage } from "../schema/records.ts";
import { DataError } from "../util/errors.ts";
import { inputError } from "../util/io-errors.ts";
import { packageRoot } from "../util/package-root.ts";
import { sentinel, splitAtSentinels, type TemplatePiece } from "./chat-template.ts";

export interface RagPrompt {
  /** sha256 of the template file: recorded with every output. */
  hash: string;
  /** Slots 0 … n-1 are the passages, slot n is the question. */
  pieces(passageCount: number): PromptPiece[];
}

/** A space before a slot belongs to the first word there (`spaced`), as every tokenizer would have it. */
export type PromptPiece = { text: string } | { slot: number; spaced: boolean };

/** Our own template, or the user's. Throws `DataError` unless it places every passage and, after them, the question once. */
export function loadRagPrompt(path = join(packageRoot(), "prompts", "rag.jinja")): RagPrompt {
  let source: string;
  try {
    source = readFileSync(path, "utf8");
  } catch (error) {
    throw inputError(error, path);
  }
  const prompt = ragPromptOf(source, path);
  for (const count of [0, 1, 2]) prompt.pieces(count);
  return prompt;
}

export function ragPromptOf(source: string, file: string): RagPrompt {
  const fault = (error: unknown) =>
    new DataError(`${(error as Error).message} (a prompt uses \`passages\` and, after them, \`question\`)`, { file }, { cause: error });
  let template: Template;
  try {
    template = new Template(source);
  } catch (error) {
    throw fault(error);
  }
  const known = new Map<number, PromptPiece[]>();
  const pieces = (count: number): PromptPiece[] => {
    const cached = known.get(count);
    if (cached !== undefined) return cached;
    try {
      const passages = Array.from({ length: count }, (_, slot) => sentinel(slot));
      const made = moveSpaces(splitAtSentinels(template.render({ passages, question: sentinel(count) }).trimEnd(), count + 1));
      known.set(count, made);
      return made;
    } catch (error) {
      throw fault(error);
    }
  };
  return { hash: createHash("sha256").update(source).digest("hex"), pieces };
}

function moveSpaces(pieces: readonly TemplatePiece[]): PromptPiece[] {
  return pieces.map((piece, index): PromptPiece => {
    if ("slot" in piece) {
      const before = pieces[index - 1];
      return { ...piece, spaced: before !== undefined && "text" in before && before.text.endsWith(" ") };
    }
    const next = pieces[index + 1];
    return next !== undefined && "slot" in next && piece.text.endsWith(" ") ? { text: piece.text.slice(0, -1) } : piece;
  });
}

/** "title. text"; " [SEP] " of section titles becomes a space, an empty title leaves the text alone. */
export function passageText({ title, text }: Pick<Passage, "title" | "text">): string {
  const clean = title.replaceAll(" [SEP] ", " ").trim();
  return clean === "" ? text : `${clean}. ${text}`;
}

/** A passage inside a prompt is one line: no line of its own can pass for the next number or for the question. */
export function singleLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- line separators and controls are what is replaced
  return text.replace(/[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ").trim();
}

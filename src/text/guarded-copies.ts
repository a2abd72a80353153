/** @file Copies of a tokenizer.json that cannot yield what data must never yield. */
import { BYTE_LEVEL_PATTERN } from "./byte-level.ts";
import { library, type LibraryPreTokenizer, type LibraryTokenizer } from "./library.ts";
import type { Component, TokenizerJson } from "./tokenizer-json.ts";

/** Where a text stands: at the start of a sequence, at the start of a later part, or in the middle of a cut run. */
export type Position = "first" | "part" | "middle";

/** Special tokens are neither matched in the text nor reachable through merges or the vocabulary. */
export function withoutSpecials(json: TokenizerJson, specials: ReadonlyMap<string, number>): TokenizerJson {
  const { model } = json;
  const rename = (token: string) => (specials.has(token) ? unreachable(token) : token);
  const vocab = Array.isArray(model.vocab)
    ? model.vocab.map(([token, score]): [string, number] => [rename(token), score])
    : Object.fromEntries(Object.entries(model.vocab).map(([token, id]) => [rename(token), id]));
  const guarded = { ...model, vocab };
  if (typeof model.unk_token === "string") guarded.unk_token = rename(model.unk_token);
  if (model.merges !== undefined) guarded.merges = model.merges.filter((merge) => !touches(merge, specials));
  return { ...json, added_tokens: json.added_tokens.filter(({ content }) => !specials.has(content)), model: guarded };
}

/** SentencePiece prefixes its dummy space to the first part only; the space we train with belongs to every part; a cut run gets none. */
export function at(json: TokenizerJson, position: Position): TokenizerJson {
  if (position === "first") return json;
  return { ...json, normalizer: unprefixed(json.normalizer, position), pre_tokenizer: unprefixed(json.pre_tokenizer, position) };
}

export function buildLibraryTokenizer(json: TokenizerJson): LibraryTokenizer {
  const tokenizer = new library.Tokenizer({ ...json, pre_tokenizer: explicitScheme(json.pre_tokenizer) }, {});
  usePythonWhitespace(tokenizer.pre_tokenizer);
  return tokenizer;
}

/** A lone surrogate is in no text that reaches the library. */
function unreachable(token: string): string {
  return `\udc00${token}`;
}

function touches(merge: string | [string, string], specials: ReadonlyMap<string, number>): boolean {
  const [left, right] = typeof merge === "string" ? (merge.split(" ", 2) as [string, string]) : merge;
  return specials.has(left + right) || specials.has(left) || specials.has(right);
}

function unprefixed(component: Component | null, position: Position): Component | null {
  if (component === null || component.type === "Prepend") return null;
  if (component.type === "Metaspace") return { ...component, prepend_scheme: "never" };
  if (component.type === "ByteLevel" && position === "middle") return { ...component, add_prefix_space: false };
  for (const key of ["normalizers", "pretokenizers"]) {
    const children = component[key];
    if (Array.isArray(children))
      return { ...component, [key]: children.map((child: Component) => unprefixed(child, position)).filter((child) => child !== null) };
  }
  return component;
}

/** The library ignores the older `add_prefix_space: false` of Metaspace. */
function explicitScheme(component: Component | null): Component | null {
  if (component === null) return null;
  if (component.type === "Metaspace" && component["prepend_scheme"] === undefined && component["add_prefix_space"] === false) {
    return { ...component, prepend_scheme: "never" };
  }
  const children = component["pretokenizers"];
  return Array.isArray(children) ? { ...component, pretokenizers: children.map(explicitScheme) } : component;
}

/** ByteLevel's pattern is JavaScript's own in the library. */
function usePythonWhitespace(component: LibraryPreTokenizer | null): void {
  if (component === null) return;
  if (component.byte_encoder !== undefined) component.pattern = BYTE_LEVEL_PATTERN;
  for (const child of component.tokenizers ?? []) usePythonWhitespace(child);
}

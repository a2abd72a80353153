/** @file tokenizer.json as it must be before anything is built from it; the library below accepts almost any object. */
import { DataError } from "../util/errors.ts";
import { patternFault } from "./regex-guard.ts";

export interface AddedTokenJson {
  id: number;
  content: string;
  special?: boolean;
  [key: string]: unknown;
}

export interface ModelJson {
  type: "BPE" | "WordPiece" | "Unigram";
  vocab: Record<string, number> | [string, number][];
  merges?: (string | [string, string])[];
  unk_token?: string | null;
  unk_id?: number | null;
  [key: string]: unknown;
}

export interface Component {
  type: string;
  [key: string]: unknown;
}

export interface TokenizerJson {
  added_tokens: AddedTokenJson[];
  normalizer: Component | null;
  pre_tokenizer: Component | null;
  post_processor: Component | null;
  decoder: Component | null;
  model: ModelJson;
}

const MAX_NESTING = 16;
/** A text may grow this much in normalisation; real normalizers replace one character by one. */
const MAX_GROWTH = 64;
/** Ids without a token: a few reserved ones are usual, a billion is an attack on memory. */
const MAX_HOLES = 1024;

/** Throws `DataError` naming the first thing that is wrong. */
export function checkTokenizerJson(value: unknown, file: string): TokenizerJson {
  const refuse = (message: string): never => {
    throw new DataError(message, { file });
  };
  if (!isObject(value)) return refuse("not a tokenizer.json: a JSON object was expected");
  const components: Record<string, Component | null> = {};
  for (const name of ["normalizer", "pre_tokenizer", "post_processor", "decoder"]) {
    components[name] = checkComponent(value[name] ?? null, name, refuse);
  }
  const model = checkModel(value["model"], refuse);
  const added = checkAddedTokens(value["added_tokens"], refuse);
  const ids = checkIds(model, added, refuse);
  checkUnknown(model, ids, refuse);
  checkPostProcessor(components["post_processor"]!, ids, refuse);
  const growth = growthOf(components["normalizer"]!);
  if (growth > MAX_GROWTH) refuse(`the normalizer can make a text ${growth} times longer; at most ${MAX_GROWTH} is accepted`);
  return { ...(components as unknown as Omit<TokenizerJson, "model" | "added_tokens">), added_tokens: added, model };
}

type Refuse = (message: string) => never;

/** Depth and every regular expression inside. */
function checkComponent(value: unknown, name: string, refuse: Refuse): Component | null {
  if (value === null) return null;
  if (!isObject(value) || typeof value["type"] !== "string") return refuse(`${name} has no type`);
  const walk = (node: unknown, depth: number): void => {
    if (depth > MAX_NESTING) refuse(`${name} is nested deeper than ${MAX_NESTING} levels`);
    if (typeof node !== "object" || node === null) return;
    const source = (node as Record<string, unknown>)["Regex"];
    const fault = typeof source === "string" ? patternFault(source) : undefined;
    if (fault !== undefined) refuse(`a pattern in ${name} ${fault}: ${JSON.stringify((source as string).slice(0, 60))}`);
    for (const child of Object.values(node)) walk(child, depth + 1);
  };
  walk(value, 0);
  return value as Component;
}

function checkModel(value: unknown, refuse: Refuse): ModelJson {
  if (!isObject(value)) return refuse("has no model");
  // The first tokenizers of the Hub (GPT-2's) name no type; only BPE has merges.
  const type = value["type"] ?? (Array.isArray(value["merges"]) ? "BPE" : undefined);
  if (type !== "BPE" && type !== "WordPiece" && type !== "Unigram") {
    return refuse(`unknown model type ${JSON.stringify(type)}; BPE, WordPiece and Unigram are implemented`);
  }
  if (type === "Unigram" ? !Array.isArray(value["vocab"]) : !isObject(value["vocab"])) refuse(`the vocab of a ${type} model is missing`);
  if (type === "BPE") {
    if (!Array.isArray(value["merges"])) refuse("a BPE model without merges");
    if (typeof value["dropout"] === "number" && value["dropout"] > 0) refuse("model.dropout makes ids random; set it to null");
  }
  return { ...value, type } as unknown as ModelJson;
}

function checkAddedTokens(value: unknown, refuse: Refuse): AddedTokenJson[] {
  if (!Array.isArray(value)) return refuse("added_tokens is missing: a list was expected");
  for (const token of value) {
    if (!isObject(token) || typeof token["content"] !== "string" || token["content"] === "" || !isId(token["id"])) {
      return refuse(`added_tokens holds ${JSON.stringify(token)?.slice(0, 80)}; an id and a content were expected`);
    }
  }
  return value as AddedTokenJson[];
}

/** Token of every id. No id twice, none negative, none far beyond the others. */
function checkIds(model: ModelJson, added: readonly AddedTokenJson[], refuse: Refuse): Map<string, number> {
  const ids = new Map<string, number>();
  const owner = new Map<number, string>();
  const take = (token: string, id: unknown) => {
    if (!isId(id)) return refuse(`token ${JSON.stringify(token)} has the id ${JSON.stringify(id)}; a whole number from 0 was expected`);
    const other = owner.get(id) ?? token;
    if (other !== token) refuse(`tokens ${JSON.stringify(other)} and ${JSON.stringify(token)} share the id ${id}`);
    if ((ids.get(token) ?? id) !== id) refuse(`token ${JSON.stringify(token)} has two ids, ${ids.get(token)} and ${id}`);
    ids.set(token, id);
    owner.set(id, token);
  };
  if (Array.isArray(model.vocab)) {
    model.vocab.forEach((entry: unknown, id) => {
      if (!Array.isArray(entry) || typeof entry[0] !== "string" || !Number.isFinite(entry[1]))
        return refuse(`vocab entry ${id} is not [token, score]`);
      take(entry[0], id);
    });
  } else for (const [token, id] of Object.entries(model.vocab)) take(token, id);
  for (const { content, id } of added) take(content, id);
  const largest = [...owner.keys()].reduce((a, b) => Math.max(a, b), -1);
  if (largest < 0) refuse("has no tokens at all");
  if (largest >= owner.size + MAX_HOLES)
    refuse(`token ${JSON.stringify(owner.get(largest))} has the id ${largest}, but there are only ${owner.size} tokens`);
  return ids;
}

function checkUnknown(model: ModelJson, ids: ReadonlyMap<string, number>, refuse: Refuse): void {
  if (model.type === "Unigram") {
    if (!isId(model.unk_id) || model.unk_id >= model.vocab.length)
      refuse(`unk_id is ${JSON.stringify(model.unk_id)}; an index of the vocab was expected`);
    return;
  }
  const { unk_token: unk } = model;
  const needed = model.type === "WordPiece" || (unk !== null && unk !== undefined && unk !== "");
  if (needed && (typeof unk !== "string" || !ids.has(unk))) refuse(`unk_token ${JSON.stringify(unk)} is not in the vocabulary`);
}

/** A template may only insert tokens that exist, under their own ids. */
function checkPostProcessor(processor: Component | null, ids: ReadonlyMap<string, number>, refuse: Refuse): void {
  if (processor === null) return;
  const { processors, special_tokens: specials } = processor;
  if (Array.isArray(processors)) for (const child of processors) checkPostProcessor(child as Component, ids, refuse);
  if (processor.type !== "TemplateProcessing") return;
  for (const item of [processor["single"], processor["pair"]].flat() as Record<string, { id?: string } | undefined>[]) {
    const name = item["SpecialToken"]?.id;
    if (name === undefined) continue;
    const declared = isObject(specials) ? (specials[name] as { ids?: unknown } | undefined) : undefined;
    const known = ids.get(name);
    if (known === undefined || !Array.isArray(declared?.ids) || declared.ids[0] !== known) {
      refuse(`the post_processor inserts ${JSON.stringify(name)}, which is not a token of this tokenizer`);
    }
  }
}

/** An upper bound of how much longer Replace steps, one after the other, can make a text. */
function growthOf(component: Component | null): number {
  if (component === null) return 1;
  if (Array.isArray(component["normalizers"]))
    return (component["normalizers"] as Component[]).reduce((product, child) => product * growthOf(child), 1);
  if (component.type !== "Replace") return 1;
  const { pattern, content } = component as { pattern?: { String?: string }; content?: string };
  return Math.max(1, (content ?? "").length / Math.max(1, pattern?.String?.length ?? 1));
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

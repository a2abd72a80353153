/** @file The files of a tokenizer beside a model, parsed and judged together. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DataError } from "../util/errors.ts";
import { inputError } from "../util/io-errors.ts";
import { parseJson } from "../util/json.ts";
import { checkTokenizerJson, type TokenizerJson } from "./tokenizer-json.ts";

export interface TokenizerFiles {
  file: string;
  json: TokenizerJson;
  eos: string;
  pad: string | null;
  bos: string | null;
  chatTemplate: string | null;
  /** Names of tokens the configuration calls special, beside those of tokenizer.json. */
  named: string[];
  /** Ids decoding stops on, from generation_config.json. */
  stopIds: number[];
  fingerprint: string;
}

const NAMED = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];
const LISTS = ["additional_special_tokens", "extra_special_tokens"];
const HASHED = ["tokenizer.json", "tokenizer_config.json", "chat_template.jinja"];

export function readTokenizerFiles(dir: string): TokenizerFiles {
  const file = join(dir, "tokenizer.json");
  const configFile = join(dir, "tokenizer_config.json");
  const config = asObject(parse(configFile), configFile);
  const json = checkTokenizerJson(parse(file), file);
  const eos = contentOf(config["eos_token"]);
  if (eos === null)
    throw new DataError("has no eos_token; name the token that ends a text, its copies embed sequences", { file: configFile });
  return {
    file,
    json,
    eos,
    pad: contentOf(config["pad_token"]),
    bos: contentOf(config["bos_token"]),
    chatTemplate: chatTemplateOf(dir, config["chat_template"], configFile),
    named: namedTokens(config),
    stopIds: stopIdsOf(join(dir, "generation_config.json")),
    fingerprint: fingerprintOf(dir),
  };
}

function namedTokens(config: Record<string, unknown>): string[] {
  const single = NAMED.map((key) => config[key]);
  const lists = LISTS.flatMap((key) => valuesOf(config[key]));
  const decoder = valuesOf(config["added_tokens_decoder"]);
  const special = decoder.filter((token) => (token as { special?: unknown } | null)?.special === true);
  return [...single, ...lists, ...special].map(contentOf).filter((content) => content !== null);
}

function valuesOf(value: unknown): unknown[] {
  return typeof value === "object" && value !== null ? Object.values(value) : [];
}

/** A token is written as its text or as an object with a content. */
function contentOf(value: unknown): string | null {
  const content = typeof value === "object" && value !== null ? (value as { content?: unknown }).content : value;
  return typeof content === "string" && content !== "" ? content : null;
}

/** chat_template.jinja goes before the configuration's key, as in transformers; of several templates the default one is taken. */
function chatTemplateOf(dir: string, value: unknown, file: string): string | null {
  const path = join(dir, "chat_template.jinja");
  if (existsSync(path)) return read(path).toString("utf8");
  if (value === undefined || value === null || typeof value === "string") return value ?? null;
  const listed = Array.isArray(value) ? (value as { name?: unknown; template?: unknown }[]) : [];
  const found = listed.find(({ name }) => name === "default")?.template;
  if (typeof found === "string") return found;
  throw new DataError("chat_template is neither a text nor a list with a default template", { file });
}

function stopIdsOf(path: string): number[] {
  if (!existsSync(path)) return [];
  const { eos_token_id: eos = [] } = asObject(parse(path), path);
  const ids = (Array.isArray(eos) ? (eos as unknown[]) : [eos]).filter((id) => id !== null);
  const wrong = ids.find((id) => !Number.isSafeInteger(id) || (id as number) < 0);
  if (wrong !== undefined) throw new DataError(`eos_token_id is ${JSON.stringify(wrong)}; token ids were expected`, { file: path });
  return ids as number[];
}

/** As src/weights/fingerprint.ts computes it for manifests (a test holds the two together). */
function fingerprintOf(dir: string): string {
  const parts = HASHED.filter((name) => existsSync(join(dir, name))).flatMap((name) => [name, sha256(read(join(dir, name)))]);
  return sha256(parts.join("\n"));
}

function asObject(value: unknown, file: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new DataError("not a JSON object", { file });
}

function parse(path: string): unknown {
  return parseJson(read(path), { file: path });
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw inputError(error, path);
  }
}

function sha256(data: string | Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}

/** @file The tokenizer guard: ids of texts that came from data never hold a special token, whatever the texts say. */
import { DataError } from "../util/errors.ts";
import { at, buildLibraryTokenizer, type Position, withoutSpecials } from "./guarded-copies.ts";
import type { LibraryTokenizer } from "./library.ts";
import { type Around, aroundText } from "./post-processor.ts";
import { splitRuns } from "./text-limits.ts";
import type { TokenizerJson } from "./tokenizer-json.ts";
import { readTokenizerFiles, type TokenizerFiles } from "./tokenizer-files.ts";

export interface EncodeOptions {
  /** SentencePiece prefixes its dummy space at "first" only; nothing is prefixed in the "middle". Default "part". */
  position?: Position;
}

/** `dir` holds tokenizer.json and tokenizer_config.json. Throws `DataError` for anything a tokenizer may not be. */
export async function loadTokenizer(dir: string): Promise<Tokenizer> {
  return new Tokenizer(readTokenizerFiles(dir));
}

export class Tokenizer {
  readonly eosId: number;
  readonly padId: number;
  /** Decoding ends on these: eos and the ids of generation_config.json. */
  readonly stopIds: ReadonlySet<number>;
  /** Ids that no text from data can produce; unk is among them only where it doubles as a control token. */
  readonly specialIds: ReadonlySet<number>;
  readonly chatTemplate: string | null;
  /** Texts a chat template may insert. */
  readonly bosToken: string | null;
  readonly eosToken: string;
  /** Whether plain texts start with bos (the post-processor says so). */
  readonly addsBos: boolean;
  /** What the tokenizer itself puts around a text, as its post-processor says. */
  readonly around: Around;
  /** One more than the largest id: the embedding needs at least this many rows. */
  readonly vocabSize: number;
  readonly fingerprint: string;
  /** Runs without white space that were too long to tokenise in one piece. */
  splitRunCount = 0;
  readonly #file: string;
  readonly #texts: Copies;
  readonly #templates: Copies;
  readonly #dropsSpace: boolean;

  constructor(files: TokenizerFiles) {
    const { json } = files;
    const ids = tokenIds(json);
    const idOf = (token: string, role: string) => {
      const id = ids.get(token);
      if (id === undefined) throw new DataError(`${role} ${JSON.stringify(token)} is not a token of this tokenizer`, { file: files.file });
      return id;
    };
    this.#file = files.file;
    this.eosId = idOf(files.eos, "eos_token");
    this.padId = files.pad === null ? this.eosId : idOf(files.pad, "pad_token");
    this.stopIds = new Set([this.eosId, ...files.stopIds]);
    this.chatTemplate = files.chatTemplate;
    this.bosToken = files.bos;
    this.eosToken = files.eos;
    this.fingerprint = files.fingerprint;
    this.vocabSize = [...ids.values()].reduce((a, b) => Math.max(a, b)) + 1;
    const specials = specialTokens(files, ids, this.stopIds);
    const unk = unkId(json, ids);
    const control = [this.eosId, this.padId, ids.get(files.bos ?? ""), ...files.stopIds];
    this.specialIds = new Set([...specials.values()].filter((id) => id !== unk || control.includes(id)));
    this.#templates = new Copies(json);
    this.#texts = new Copies(withoutSpecials(json, specials));
    this.around = aroundText(json);
    this.addsBos = files.bos !== null && startsWithSpecial(json, files.bos);
    this.#dropsSpace = prefixesSpace(json);
  }

  /** Ids of a text from data. Lone surrogates become U+FFFD. */
  encode(text: string, { position = "part" }: EncodeOptions = {}): number[] {
    const pieces = splitRuns(text);
    this.splitRunCount += pieces.length - 1;
    const ids = pieces.flatMap((piece, index) => this.#texts.encode(piece, index > 0 ? "middle" : position));
    // Only an unknown-token id that doubles as a control token can still be here.
    return ids.some((id) => this.specialIds.has(id)) ? ids.filter((id) => !this.specialIds.has(id)) : ids;
  }

  /** Ids of a text that the chat template wrote itself: special tokens are meant. */
  encodeTemplate(text: string, { position = "part" }: EncodeOptions = {}): number[] {
    return this.#templates.encode(text, position);
  }

  /** The text of ids without special tokens, and without the space that encoding prefixed. */
  decode(ids: Iterable<number>): string {
    const library = this.#templates.get("first");
    const known = [...ids].filter((id) => !this.specialIds.has(id) && library.id_to_token(id) !== undefined);
    if (known.length === 0) return "";
    const text = library.decode(known, { clean_up_tokenization_spaces: false });
    return this.#dropsSpace && text.startsWith(" ") ? text.slice(1) : text;
  }

  /** The text of ids, special tokens and all: for people's eyes. */
  reveal(ids: Iterable<number>): string {
    const library = this.#templates.get("first");
    const known = [...ids].filter((id) => library.id_to_token(id) !== undefined);
    return known.length === 0 ? "" : library.decode(known, { clean_up_tokenization_spaces: false });
  }

  /** Throws `DataError` when the embedding matrix has too few rows for the ids. */
  assertFits(embeddingRows: number): void {
    if (this.vocabSize <= embeddingRows) return;
    throw new DataError(
      `has ids up to ${this.vocabSize - 1}, but the model's embedding has only ${embeddingRows} rows: this tokenizer belongs to another model`,
      {
        file: this.#file,
      },
    );
  }
}

/** One tokenizer per position, made when it is first needed. */
class Copies {
  readonly #json: TokenizerJson;
  readonly #made = new Map<string, LibraryTokenizer>();

  constructor(json: TokenizerJson) {
    this.#json = json;
  }

  get(position: Position): LibraryTokenizer {
    const json = at(this.#json, position);
    // Most tokenizers prefix nothing: one copy serves every position.
    const key = JSON.stringify([json.normalizer, json.pre_tokenizer]);
    let tokenizer = this.#byPosition.get(position) ?? this.#made.get(key);
    if (tokenizer === undefined) {
      tokenizer = buildLibraryTokenizer(json);
      this.#made.set(key, tokenizer);
    }
    this.#byPosition.set(position, tokenizer);
    return tokenizer;
  }

  encode(text: string, position: Position): number[] {
    if (text === "") return [];
    const tokenizer = this.#byPosition.get(position) ?? this.get(position);
    return tokenizer.encode(text, { add_special_tokens: false }).ids;
  }

  readonly #byPosition = new Map<Position, LibraryTokenizer>();
}

function tokenIds({ model, added_tokens: added }: TokenizerJson): Map<string, number> {
  const entries: [string, number][] = Array.isArray(model.vocab)
    ? model.vocab.map(([token], id) => [token, id])
    : Object.entries(model.vocab);
  for (const { content, id } of added) entries.push([content, id]);
  return new Map(entries);
}

/** Flagged special, named by the configuration, stopping decoding, or markup that the chat template writes (`<think>`, `<tool_call>`). */
function specialTokens(
  { json, named, chatTemplate }: TokenizerFiles,
  ids: Map<string, number>,
  stopIds: ReadonlySet<number>,
): Map<string, number> {
  const specials = new Map<string, number>();
  for (const { content, id, special } of json.added_tokens) {
    const markup = /\S/.test(content) && chatTemplate?.includes(content) === true;
    if (special === true || markup) specials.set(content, id);
  }
  for (const [token, id] of ids) if (stopIds.has(id)) specials.set(token, id);
  for (const token of named) {
    const id = ids.get(token);
    if (id !== undefined) specials.set(token, id);
  }
  return specials;
}

function unkId({ model }: TokenizerJson, ids: Map<string, number>): number | undefined {
  return model.type === "Unigram" ? (model.unk_id ?? undefined) : ids.get(model.unk_token ?? "");
}

function startsWithSpecial({ post_processor: processor }: TokenizerJson, token: string): boolean {
  const all = [processor, ...((processor?.["processors"] ?? []) as (typeof processor)[])];
  return all.some(
    (one) =>
      one?.type === "TemplateProcessing" && JSON.stringify(one["single"]).startsWith(`[{"SpecialToken":{"id":${JSON.stringify(token)}`),
  );
}

function prefixesSpace({ pre_tokenizer: component }: TokenizerJson): boolean {
  const all = [component, ...((component?.["pretokenizers"] ?? []) as (typeof component)[])];
  return all.some((one) => one?.type === "ByteLevel" && one["add_prefix_space"] !== false && one["add_prefix_space"] !== undefined);
}

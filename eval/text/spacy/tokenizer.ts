/**
 * @file spaCy's rule tokenizer for English: what `spacy.blank("en")` makes of a text, token for token. The algorithm and the rules are those
 * of spaCy 3.8.18 (MIT, see NOTICE). A text is cut at white space, prefixes and suffixes are peeled off each chunk until a special case is
 * left or nothing comes off, and what remains is a special case, a URL, or cut at its infixes. Time is proportional to the text's length.
 */
import { infixEnd, prefixLength, suffixLength } from "./affixes.ts";
import { characterTable, SPACE } from "./characters.ts";
import { specialCases } from "./exceptions.ts";
import { Retokeniser, type Tokens } from "./retokenise.ts";
import { isUrl } from "./url.ts";

let tokenizer: Tokenizer | undefined;

/** The tokens of a text, those of white space included (two spaces between words leave one token " "). */
export function spacyTokens(text: string): string[] {
  return (tokenizer ??= new Tokenizer()).tokenise(text);
}

/** Longer chunks are rare, and a slice of them would keep the whole text in memory. */
const LONGEST_CACHED = 12;
const MOST_CACHED = 50_000;
const NO_CASES: ReadonlyMap<string, readonly string[]> = new Map();

class Tokenizer {
  readonly #cases = specialCases();
  readonly #longestCase = Math.max(...[...this.#cases.keys()].map((text) => text.length));
  /** Chunk → tokens. */
  readonly #cache = new Map<string, readonly string[]>();
  readonly #retokeniser = new Retokeniser(this.#cases, (text) => {
    if (prefixLength(text, 0, text.length) === 0 && suffixLength(text, 0, text.length) === 0 && !hasInfix(text)) return undefined;
    return this.#chunkTokens(text, NO_CASES);
  });

  tokenise(text: string): string[] {
    return this.#retokeniser.apply(this.#cut(text));
  }

  /** Words and runs of white space; a space after a word is no part of the run behind it. */
  #cut(text: string): Tokens {
    const table = characterTable();
    const tokens: Tokens = { texts: [], spaced: [] };
    const runEnd = (from: number, flag: number): number => {
      let end = from;
      while (end < text.length && (table[text.charCodeAt(end)]! & SPACE) === flag) end++;
      return end;
    };
    for (let at = 0; at < text.length;) {
      const word = runEnd(at, 0);
      const space = runEnd(word, SPACE);
      if (word > at) this.#push(text.slice(at, word), tokens);
      const single = word > at && text[word] === " ";
      if (single) tokens.spaced[tokens.spaced.length - 1] = true;
      const rest = single ? word + 1 : word;
      if (space > rest) this.#push(text.slice(rest, space), tokens);
      at = space;
    }
    return tokens;
  }

  #push(chunk: string, { texts, spaced }: Tokens): void {
    for (const token of this.#tokensOf(chunk)) {
      texts.push(token);
      spaced.push(false);
    }
  }

  #tokensOf(chunk: string): readonly string[] {
    if (chunk.length > LONGEST_CACHED) return this.#chunkTokens(chunk, this.#cases);
    let tokens = this.#cache.get(chunk);
    if (tokens === undefined) {
      tokens = this.#chunkTokens(chunk, this.#cases);
      if (this.#cache.size >= MOST_CACHED) this.#cache.clear();
      this.#cache.set(chunk, tokens);
    }
    return tokens;
  }

  /** Affixes off, then the core; `cases` is empty while the second pass is being prepared. */
  #chunkTokens(chunk: string, cases: ReadonlyMap<string, readonly string[]>): string[] {
    const special = (from: number, to: number): readonly string[] | undefined =>
      to - from <= this.#longestCase && cases.size > 0 ? cases.get(chunk.slice(from, to)) : undefined;
    const prefixes: string[] = [];
    const suffixes: string[] = [];
    let [from, to] = [0, chunk.length];
    while (from < to && special(from, to) === undefined) {
      const prefix = prefixLength(chunk, from, to);
      if (prefix > 0 && special(from + prefix, to) !== undefined) {
        prefixes.push(chunk.slice(from, from + prefix));
        from += prefix;
        break;
      }
      const suffix = suffixLength(chunk, from + prefix, to);
      if (suffix > 0 && special(from, to - suffix) !== undefined) {
        suffixes.push(chunk.slice(to - suffix, to));
        to -= suffix;
        break;
      }
      if (prefix === 0 && suffix === 0) break;
      if (prefix > 0) prefixes.push(chunk.slice(from, from + prefix));
      if (suffix > 0) suffixes.push(chunk.slice(to - suffix, to));
      from += prefix;
      to -= suffix;
    }
    const core = from < to ? (special(from, to) ?? coreTokens(chunk.slice(from, to))) : [];
    return [...prefixes, ...core, ...suffixes.reverse()];
  }
}

/** What has neither prefix nor suffix: a URL, or cut at its infixes. */
function coreTokens(core: string): string[] {
  if (isUrl(core)) return [core];
  const tokens: string[] = [];
  let start = 0;
  for (let at = 0; at < core.length;) {
    const end = infixEnd(core, at);
    // An infix at the very start stays with what follows it.
    if (end > at && at > 0) {
      if (at > start) tokens.push(core.slice(start, at));
      tokens.push(core.slice(at, end));
      start = end;
    }
    at = Math.max(end, at + 1);
  }
  if (start < core.length) tokens.push(core.slice(start));
  return tokens;
}

function hasInfix(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (infixEnd(text, at) > at) return true;
  return false;
}

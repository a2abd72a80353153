/**
 * @file spaCy's rule tokenizer for English: what `spacy.blank("en")` makes of a text, token for token. The algorithm and the rules are those
 * of spaCy 3.8.18 (MIT, see NOTICE). A text is cut at white space, prefixes and suffixes are peeled off each chunk until a special case is
 * left or nothing comes off, and what remains is a special case, a URL, or cut at its infixes. Time is proportional to the text's length.
 */
import { infixEnd, prefixLength, suffixLength } from "./affixes.ts";
import { characterTable, SPACE } from "./characters.ts";
import { specialCases } from "./exceptions.ts";
import { Retokeniser } from "./retokenise.ts";
import { isUrl } from "./url.ts";
import { WordFilter } from "./word-filter.ts";

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
  readonly #caseFilter = new WordFilter(this.#cases.keys());
  /** Chunk → tokens. */
  readonly #cache = new Map<string, readonly string[]>();
  readonly #retokeniser = new Retokeniser(this.#cases, (text) => {
    if (prefixLength(text, 0, text.length) === 0 && suffixLength(text, 0, text.length) === 0 && !hasInfix(text)) return undefined;
    return this.#chunkTokens(text, NO_CASES);
  });

  tokenise(text: string): string[] {
    // Few texts need to know where the spaces were: those are cut twice.
    return this.#retokeniser.apply(this.#cut(text), () => {
      const spaced = new Set<number>();
      this.#cut(text, spaced);
      return spaced;
    });
  }

  /** Words and runs of white space; a space after a word is no part of the run behind it. `spaced` is told which tokens have one. */
  #cut(text: string, spaced?: Set<number>): string[] {
    const table = characterTable();
    const tokens: string[] = [];
    for (let at = 0; at < text.length;) {
      let letters = at;
      while (isLetter(text.charCodeAt(letters))) letters++;
      let end = letters;
      while (end < text.length && (table[text.charCodeAt(end)]! & SPACE) === 0) end++;
      if (end > at && !this.#pushWord(text, { at, letters, end }, tokens)) this.#pushAll(text.slice(at, end), tokens);
      let space = end;
      while (space < text.length && (table[text.charCodeAt(space)]! & SPACE) !== 0) space++;
      const single = end > at && text[end] === " ";
      if (single) spaced?.add(tokens.length - 1);
      const rest = single ? end + 1 : end;
      if (space > rest) this.#pushAll(text.slice(rest, space), tokens);
      at = space;
    }
    return tokens;
  }

  /**
   * Most chunks are letters of A-Z and a-z, perhaps with a comma or, after a lower case letter, a full stop behind them. Only a special case
   * makes anything but a word and a sign of those. False where it may be one, or anything else.
   */
  #pushWord(text: string, { at, letters, end }: { at: number; letters: number; end: number }, tokens: string[]): boolean {
    if (letters === at || end - letters > 1 || this.#caseFilter.mayHold(text, at, letters)) return false;
    if (end > letters) {
      const sign = text[letters];
      if (sign !== "," && (sign !== "." || text.charCodeAt(letters - 1) < 97 || this.#caseFilter.mayHold(text, at, end))) return false;
      tokens.push(text.slice(at, letters), sign);
    } else tokens.push(text.slice(at, end));
    return true;
  }

  #pushAll(chunk: string, tokens: string[]): void {
    const found = this.#tokensOf(chunk);
    for (let i = 0; i < found.length; i++) tokens.push(found[i]!);
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

/** A-Z or a-z; NaN, past the end of a text, is none. */
function isLetter(unit: number): boolean {
  return (unit | 32) >= 97 && (unit | 32) <= 122;
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

/** @file A table of what spaCy's English rules know of each character. The rules are spaCy 3.8.18's (MIT, see NOTICE). */
import { CURRENCY, ICONS, LETTERS, LOWER_CASE_LETTERS, PUNCTUATION, QUOTES, UPPER_CASE_LETTERS } from "./rules.ts";

export const SPACE = 1;
export const LETTER = 2;
export const LOWER_CASE = 4;
export const UPPER_CASE = 8;
export const ICON = 16;
export const QUOTE = 32;
/** Split off by itself at the start of a chunk. */
export const PREFIX = 64;
/** Split off by itself at the end of a chunk. */
export const SUFFIX = 128;
/** Split off by itself at the end of a chunk that goes on with a digit before it. */
export const AFTER_DIGIT = 256;
/** A full stop after it, at the end of a chunk, is split off. */
export const BEFORE_STOP = 512;

/** What str.isspace() says: JavaScript's \s has U+FEFF more, U+001C-1F and U+0085 less. */
const WHITE_SPACE = "9-d 1c-20 85 a0 1680 2000-200a 2028-2029 202f 205f 3000";

let table: Uint16Array | undefined;

/** Flags by code point; made when a text is first tokenised. */
export function characterTable(): Uint16Array {
  return (table ??= build());
}

function build(): Uint16Array {
  const flags = new Uint16Array(0x110000);
  const mark = (ranges: string, flag: number): void => {
    for (const range of ranges.trim().split(/\s+/)) {
      const [span = "", step = "1"] = range.split("/");
      const [first = "", last = first] = span.split("-");
      for (let code = parseInt(first, 16); code <= parseInt(last, 16); code += Number(step)) flags[code]! |= flag;
    }
  };
  const markAll = (characters: string, flag: number): void => {
    for (const character of characters) flags[character.codePointAt(0)!]! |= flag;
  };
  mark(WHITE_SPACE, SPACE);
  mark(LETTERS, LETTER);
  mark(LOWER_CASE_LETTERS, LOWER_CASE | BEFORE_STOP);
  mark(UPPER_CASE_LETTERS, UPPER_CASE);
  mark(ICONS, ICON | PREFIX | SUFFIX);
  mark(PUNCTUATION, PREFIX | SUFFIX | BEFORE_STOP);
  mark(QUOTES, QUOTE | PREFIX | SUFFIX | BEFORE_STOP);
  mark(CURRENCY, PREFIX | AFTER_DIGIT);
  markAll("§%=—–", PREFIX);
  markAll("—–", SUFFIX);
  // The bar joins the signs in spaCy's pattern and so became one of them.
  markAll("0123456789%²-+|", BEFORE_STOP);
  return flags;
}

/** The code point that ends before unit `at`. */
export function codePointBefore(text: string, at: number): number {
  const unit = text.charCodeAt(at - 1);
  if (unit < 0xdc00 || unit > 0xdfff || at < 2) return unit;
  const pair = text.codePointAt(at - 2)!;
  return pair > 0xffff ? pair : unit;
}

export function isDigit(unit: number): boolean {
  return unit >= 48 && unit <= 57;
}

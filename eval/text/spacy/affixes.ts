/** @file What spaCy's English rules split off the ends of a chunk and out of its middle. The rules are spaCy 3.8.18's (MIT, see NOTICE). */
import {
  AFTER_DIGIT,
  BEFORE_STOP,
  characterTable,
  codePointBefore,
  ICON,
  isDigit,
  LETTER,
  LOWER_CASE,
  PREFIX,
  QUOTE,
  SUFFIX,
  UPPER_CASE,
} from "./characters.ts";
import { UNITS } from "./rules.ts";

const units = new Set(UNITS.trim().split(/\s+/));
const longestUnit = Math.max(...[...units].map((unit) => unit.length));
const [STOP, PLUS, ELLIPSIS] = [0x2e, 0x2b, 0x2026];

/** How many units the prefix of text[from, to) has; 0 for none. */
export function prefixLength(text: string, from: number, to: number): number {
  const code = text.codePointAt(from)!;
  if ((characterTable()[code]! & PREFIX) !== 0) return code > 0xffff ? 2 : 1;
  if (code === PLUS) return from + 1 < to && isDigit(text.charCodeAt(from + 1)) ? 0 : 1;
  if (code === STOP) {
    let end = from + 1;
    while (end < to && text.charCodeAt(end) === STOP) end++;
    return end - from >= 2 ? end - from : 0;
  }
  for (const dollar of ["US$", "C$", "A$"]) if (from + dollar.length <= to && text.startsWith(dollar, from)) return dollar.length;
  return 0;
}

/** How many units the longest suffix of text[from, to) has; 0 for none. What stands before `from` is not looked at. */
export function suffixLength(text: string, from: number, to: number): number {
  if (from >= to) return 0;
  const table = characterTable();
  const code = codePointBefore(text, to);
  const width = code > 0xffff ? 2 : 1;
  const afterNumber = numberSuffix(text, from, to);
  if (afterNumber > width) return afterNumber;
  if (to - from >= 2) {
    const before = text.charCodeAt(to - 2);
    if (code === ELLIPSIS && before === ELLIPSIS) return 2;
    // 's, 'S and the same with a typographic apostrophe
    if ((code === 0x73 || code === 0x53) && (before === 0x27 || before === 0x2019)) return 2;
    if (code === STOP && before === STOP) {
      let start = to - 2;
      while (start > from && text.charCodeAt(start - 1) === STOP) start--;
      return to - start;
    }
    if (code === STOP && endsSentence(text, from, to - 1, table)) return 1;
    if (code === PLUS && isDigit(before)) return 1;
  }
  return (table[code]! & SUFFIX) !== 0 ? width : afterNumber;
}

/** May a full stop after text[from, to) be split off? */
function endsSentence(text: string, from: number, to: number, table: Uint16Array): boolean {
  const last = codePointBefore(text, to);
  if ((table[last]! & BEFORE_STOP) !== 0) return true;
  const start = to - (last > 0xffff ? 2 : 1);
  if (start <= from) return false;
  const before = codePointBefore(text, start);
  // The first rule: after °F, °C and °K.
  if (before === 0xb0 && (last === 0x46 || last === 0x43 || last === 0x4b)) return true;
  return (table[last]! & table[before]! & UPPER_CASE) !== 0;
}

/** A unit or currency that ends the text after an ASCII digit: 5km, 3US$. */
function numberSuffix(text: string, from: number, to: number): number {
  const least = Math.max(from, to - longestUnit - 1);
  let start = to;
  while (start > least && !isDigit(text.charCodeAt(start - 1))) start--;
  if (start === to || start === from || !isDigit(text.charCodeAt(start - 1))) return 0;
  const rest = text.slice(start, to);
  const currency = rest.length === 1 ? (characterTable()[rest.charCodeAt(0)]! & AFTER_DIGIT) !== 0 : /^(?:US|C|A)\$$/.test(rest);
  return currency || units.has(rest) ? rest.length : 0;
}

/** The end of the infix that begins at `at`, or `at` if none does. */
export function infixEnd(text: string, at: number): number {
  const table = characterTable();
  const code = text.codePointAt(at)!;
  if (code === ELLIPSIS || (table[code]! & ICON) !== 0) return at + (code > 0xffff ? 2 : 1);
  if (!JOINTS.has(code)) return at;
  if (code === STOP) {
    let end = at + 1;
    while (end < text.length && text.charCodeAt(end) === STOP) end++;
    if (end - at >= 2) return end;
  }
  if (at === 0 || at + 1 >= text.length) return at;
  const before = codePointBefore(text, at);
  const next = text.codePointAt(at + 1)!;
  if (ARITHMETIC.has(code)) {
    if (isDigit(before) && (isDigit(next) || next === 0x2d)) return at + 1;
    if (code !== 0x2d) return at;
  }
  if (code === STOP) return (table[before]! & (LOWER_CASE | QUOTE)) !== 0 && (table[next]! & (UPPER_CASE | QUOTE)) !== 0 ? at + 1 : at;
  const letter = (table[before]! & LETTER) !== 0;
  if (code === 0x2c) return letter && (table[next]! & LETTER) !== 0 ? at + 1 : at;
  if (!letter && !isDigit(before)) return at;
  const end = at + (HYPHEN_RUNS.get(code) === undefined ? 1 : hyphens(text, at));
  return end < text.length && (table[text.codePointAt(end)!]! & LETTER) !== 0 ? end : at;
}

/** How many equal dashes may stand together as one infix. */
const HYPHEN_RUNS = new Map([
  [0x2d, 3],
  [0x2014, 2],
  [0x2013, 1],
  [0x7e, 1],
]);
const ARITHMETIC = new Set([..."+-*^"].map((sign) => sign.charCodeAt(0)));
/** Where an infix other than dots and icons may begin. */
const JOINTS = new Set([..."+-*^.,–—~:<>=/"].map((sign) => sign.charCodeAt(0)));

/** The dashes from `at` on, no more than may stand together. */
function hyphens(text: string, at: number): number {
  const code = text.charCodeAt(at);
  const most = HYPHEN_RUNS.get(code)!;
  let end = at + 1;
  while (end < text.length && end - at < most && text.charCodeAt(end) === code) end++;
  return end - at;
}

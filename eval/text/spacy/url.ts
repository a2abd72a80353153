/**
 * @file Does spaCy take a chunk for a URL? spaCy 3.8.18's pattern (MIT, see NOTICE; there from Diego Perini's, MIT), read so that hostile
 * chunks cost time in proportion to their length: the pattern itself backtracks over every @ and colon.
 */
import { characterTable, LOWER_CASE } from "./characters.ts";

/** [scheme://][user[:password]@](IP address or host.tld)[:port][path] */
export function isUrl(text: string): boolean {
  if (!text.includes(".")) return false;
  if (hostFits(text, 0)) return true;
  const scheme = text.indexOf("://");
  if (scheme >= 2 && SCHEME.test(text.slice(0, scheme)) && hostFits(text, scheme + 3)) return true;
  // The user's part is anything: every @ but a leading one may end it.
  for (let at = text.indexOf("@", 1); at !== -1; at = text.indexOf("@", at + 1)) if (hostFits(text, at + 1)) return true;
  return false;
}

/** Python's \w is a letter, number or underscore. */
const SCHEME = /^[\p{L}\p{N}_+.-]{2,}$/u;

// Python's \d is any decimal digit. Private networks and 0., 224. to 255. are no URLs.
const ADDRESS = new RegExp(
  [
    String.raw`(?!(?:10|127)(?:\.\d{1,3}){3})(?!(?:169\.254|192\.168)(?:\.\d{1,3}){2})(?!172\.(?:1[6-9]|2\d|3[0-1])(?:\.\d{1,3}){2})`,
    String.raw`(?:[1-9]\d?|1\d\d|2[01]\d|22[0-3])(?:\.(?:1?\d{1,2}|2[0-4]\d|25[0-5])){2}(?:\.(?:[1-9]\d?|1\d\d|2[0-4]\d|25[0-4]))`,
    String.raw`(?::\d{2,5})?(?:[/?#]|$)`,
  ]
    .join("")
    .replaceAll(String.raw`\d`, String.raw`\p{Nd}`),
  "uy",
);
const AFTER_HOST = /(?::\p{Nd}{2,5})?(?:[/?#]|$)/uy;

function hostFits(text: string, start: number): boolean {
  return matchesAt(ADDRESS, text, start) || nameFits(text, start);
}

/** Labels with a full stop after each, and a top level of 2 to 63 letters that are not upper case. */
function nameFits(text: string, start: number): boolean {
  const table = characterTable();
  let labels = 0;
  for (let at = start; ;) {
    if (labels > 0) {
      let end = at;
      let letters = 0;
      while (end < text.length) {
        const code = text.codePointAt(end)!;
        if ((table[code]! & LOWER_CASE) === 0) break;
        end += code > 0xffff ? 2 : 1;
        letters++;
      }
      if (letters >= 2 && letters <= 63 && matchesAt(AFTER_HOST, text, end)) return true;
    }
    const end = labelEnd(text, at);
    if (end === -1) return false;
    labels++;
    at = end + 1;
  }
}

/** The place of the full stop after the label that begins at `start`; -1 where there is no label of 1 to 64 characters. */
function labelEnd(text: string, start: number): number {
  let end = start;
  while (end < text.length && end - start <= LONGEST_LABEL && (isLabelCharacter(text, end) || (end > start && isJoiner(text, end)))) end++;
  const sound = end > start && end - start <= LONGEST_LABEL && text[end] === "." && isLabelCharacter(text, end - 1);
  return sound ? end : -1;
}

const LONGEST_LABEL = 64;

/** [A-Za-z0-9\u00a1-\uffff], which no character of two units is. */
function isLabelCharacter(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  if (unit < 0x80) return (unit >= 48 && unit <= 57) || (unit >= 65 && unit <= 90) || (unit >= 97 && unit <= 122);
  return unit >= 0xa1 && (unit < 0xd800 || unit > 0xdfff);
}

function isJoiner(text: string, at: number): boolean {
  return text[at] === "_" || text[at] === "-";
}

function matchesAt(pattern: RegExp, text: string, at: number): boolean {
  pattern.lastIndex = at;
  return pattern.test(text);
}

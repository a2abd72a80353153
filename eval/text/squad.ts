/** @file SQuAD's answer normalisation and token overlap, character for character what the Python script does. */

/** Python's string.punctuation: ASCII only, deleted rather than replaced by a space ("U.S." becomes "us"). */
const PUNCTUATION = /[!-/:-@[-`{-~]/g;
/** Python's \b is Unicode-aware, JavaScript's is not: "éa" holds no article. */
const ARTICLES = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;
const ARTICLES_ASCII = /\b(?:a|an|the)\b/g;
/** What str.split() splits on; JavaScript's \s has U+FEFF more and U+001C-1F, U+0085 less. */
// oxlint-disable-next-line no-control-regex -- Python counts the information separators as white space
const SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;
// oxlint-disable-next-line no-control-regex -- the ASCII range is the point
const ASCII = /^[\x00-\x7f]*$/;

/** Lower case, no punctuation, no articles, split at white space. */
export function squadTokens(text: string): string[] {
  const lower = text.toLowerCase();
  const quick = asciiTokens(lower);
  if (quick !== undefined) return quick;
  const bare = lower.replace(PUNCTUATION, "");
  return splitAtSpace(bare.replace(ASCII.test(bare) ? ARTICLES_ASCII : ARTICLES, " "));
}

/** The same in one pass, for a text of ASCII letters, digits, punctuation and white space; undefined where there is anything else. */
function asciiTokens(lower: string): string[] | undefined {
  const tokens: string[] = [];
  let word = "";
  let start = -1;
  for (let at = 0; at <= lower.length; at++) {
    const kind = at === lower.length ? BLANK : KINDS[lower.charCodeAt(at)];
    if (kind === LETTER) {
      if (start === -1) start = at;
      continue;
    }
    if (kind === undefined || kind === OTHER) return undefined;
    if (start !== -1) {
      word += lower.slice(start, at);
      start = -1;
    }
    if (kind === BLANK && word !== "") {
      if (word !== "the" && word !== "a" && word !== "an") tokens.push(word);
      word = "";
    }
  }
  return tokens;
}

const [LETTER, BLANK, MARK, OTHER] = [0, 1, 2, 3];
/** By ASCII code. */
const KINDS = Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[a-z0-9]/.test(character)) return LETTER;
  if (/[\t-\r ]/.test(character)) return BLANK;
  return /[!-~]/.test(character) ? MARK : OTHER;
});

/** Python's str.split(): no empty parts. */
export function splitAtSpace(text: string): string[] {
  return text.split(SPACE).filter((part) => part !== "");
}

/** 2PR / (P + R) over the multiset of tokens; one empty text scores 0, two score `bothEmpty`: SQuAD 2.0 says 1, SQuAD 1.1 and QuAC 0. */
export function tokenF1(prediction: readonly string[], reference: readonly string[], bothEmpty: 0 | 1): number {
  if (prediction.length === 0 || reference.length === 0) return prediction.length === reference.length ? bothEmpty : 0;
  const same = tokenOverlap(prediction, reference);
  if (same === 0) return 0;
  const precision = same / prediction.length;
  const recall = same / reference.length;
  return (2 * precision * recall) / (precision + recall);
}

/** Below so many comparisons looking for each token costs less than counting them: answers of a sentence or two. */
const FEW_COMPARISONS = 4096;

/** How many tokens two multisets share. */
export function tokenOverlap(prediction: readonly string[], reference: readonly string[]): number {
  const few = prediction.length * reference.length <= FEW_COMPARISONS;
  return few ? overlapBySearch(prediction, reference) : overlapByCount(prediction, reference);
}

function overlapBySearch(prediction: readonly string[], reference: readonly string[]): number {
  const left = [...reference];
  for (const token of prediction) {
    const at = left.indexOf(token);
    if (at === -1) continue;
    const last = left.pop()!;
    if (at < left.length) left[at] = last;
  }
  return reference.length - left.length;
}

function overlapByCount(prediction: readonly string[], reference: readonly string[]): number {
  const left = new Map<string, number>();
  for (const token of reference) left.set(token, (left.get(token) ?? 0) + 1);
  let same = 0;
  for (const token of prediction) {
    const count = left.get(token);
    if (count === undefined || count === 0) continue;
    left.set(token, count - 1);
    same++;
  }
  return same;
}

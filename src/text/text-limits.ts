/** @file Keeps texts within what the tokenizer library survives: one 10 MB word would kill the process. */
import { toUSVString } from "node:util";

/** No tokenizer yields fewer than one token per this many characters for long, so what is cut could not have fitted. */
const CHARACTERS_PER_TOKEN = 16;
const MIN_CUT = 8192;
/** Longer runs without white space are tokenised in pieces. */
export const MAX_RUN = 8192;

/** At most 16 × `maxTokens` characters (8192 at least), cut at white space where there is some. */
export function cutText(text: string, { maxTokens, keep }: { maxTokens: number; keep: "head" | "tail" }): string {
  const limit = Math.max(MIN_CUT, CHARACTERS_PER_TOKEN * maxTokens);
  if (text.length <= limit) return text;
  if (keep === "head") {
    const head = text.slice(0, limit);
    const space = head.search(/\s\S*$/);
    return space > limit / 2 ? head.slice(0, space) : head;
  }
  const tail = text.slice(-limit);
  const space = tail.search(/\s/);
  return space !== -1 && space < limit / 2 ? tail.slice(space) : tail;
}

/** Pieces without over-long runs; a lone surrogate becomes U+FFFD. Almost always one piece: the text itself. */
export function splitRuns(text: string): string[] {
  const whole = toUSVString(text);
  if (whole.length <= MAX_RUN) return [whole];
  const pieces: string[] = [];
  let start = 0;
  let runStart = 0;
  for (let at = 0; at < whole.length; at++) {
    if (isWhite(whole.charCodeAt(at))) runStart = at + 1;
    else if (at - runStart >= MAX_RUN) {
      // Never between the halves of a surrogate pair.
      const cut = (whole.charCodeAt(at) & 0xfc00) === 0xdc00 ? at - 1 : at;
      pieces.push(whole.slice(start, cut));
      start = cut;
      runStart = cut;
    }
  }
  pieces.push(whole.slice(start));
  return pieces;
}

function isWhite(code: number): boolean {
  return (
    code === 32 ||
    (code >= 9 && code <= 13) ||
    code === 0x85 ||
    code === 0xa0 ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  );
}

/** @file Answers as MS MARCO's evaluation sees them: spaCy's tokens in lower case, and turns without an answer left out. */
import type { Answer } from "../metric.ts";
import { spacyTokens } from "./spacy/tokenizer.ts";

/** What stands where no passage answers a query. */
const NO_ANSWER = "No Answer Present.";

/** A query that has this among its references is not scored. */
export function isAnswerable(references: readonly string[]): boolean {
  return !references.includes(NO_ANSWER);
}

export interface TokenisedAnswer {
  readonly prediction: readonly string[];
  readonly references: readonly (readonly string[])[];
}

// BLEU-1 to 4 and ROUGE-L look at the same answers.
const tokenised = new WeakMap<Answer, TokenisedAnswer>();

/** A token of white space is "" (normalize_batch strips it): BLEU passes over it, ROUGE-L counts it. An empty text has one such token. */
export function msmarcoTokens(answer: Answer): TokenisedAnswer {
  let tokens = tokenised.get(answer);
  if (tokens === undefined) {
    const { prediction, references } = answer;
    tokens = { prediction: normalise(prediction === NO_ANSWER ? "" : prediction), references: references.map(normalise) };
    tokenised.set(answer, tokens);
  }
  return tokens;
}

export function withoutSpaces({ prediction, references }: TokenisedAnswer): TokenisedAnswer {
  return { prediction: prediction.filter(isWord), references: references.map((reference) => reference.filter(isWord)) };
}

function normalise(text: string): string[] {
  const tokens = spacyTokens(text).map((token) => (WHITE.test(token) ? "" : token.toLowerCase()));
  // "".split(" ") of Python has one part.
  return tokens.length === 0 ? [""] : tokens;
}

/** A token begins with white space only if it is nothing else. */
// oxlint-disable-next-line no-control-regex -- Python counts the information separators as white space
const WHITE = /^[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

function isWord(token: string): boolean {
  return token !== "";
}

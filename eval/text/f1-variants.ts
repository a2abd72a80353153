/** @file The four F1s of this literature: whose tokens, what counts as no answer, how several references are combined. */
import type { AnswerOptions, F1Variant, MultiReference } from "../metric.ts";
import { spacyTokens } from "./spacy/tokenizer.ts";
import { splitAtSpace, squadTokens, tokenF1 } from "./squad.ts";

interface Definition {
  tokens(text: string): readonly string[];
  /** What two texts without a token score. */
  readonly bothEmpty: 0 | 1;
  /** What --multi-ref is when it is not given. */
  readonly multiReference: MultiReference;
  /** The reference that stands for no answer, and is met by itself alone. */
  readonly unanswerable?: string;
}

const DEFINITIONS: Record<F1Variant, Definition> = {
  // Rajpurkar et al., ACL 2018, evaluate-v2.0.py; QReCC, SCAI-QReCC and instruct-qa score in the same way.
  squad: { tokens: squadTokens, bothEmpty: 1, multiReference: "max" },
  // Wu et al., TACL 2023, eval/eval.py. Its en_core_web_sm cuts tokens by the rules of spacy.blank("en").
  inscit: { tokens: inscitTokens, bothEmpty: 1, multiReference: "max" },
  // Adlakha et al., TACL 2022, evaluate_reader.py
  topiocqa: { tokens: squadTokens, bothEmpty: 1, multiReference: "loo" },
  // Choi et al., EMNLP 2018, scorer.py, which OR-QuAC uses: its "unfiltered_f1". Its "f1" leaves out turns on which people agree less
  // than 0.4, for want of whom (other annotators) nothing is left out here.
  quac: { tokens: squadTokens, bothEmpty: 0, multiReference: "loo", unanswerable: "CANNOTANSWER" },
};

export function defaultMultiReference(variant: F1Variant): MultiReference {
  return DEFINITIONS[variant].multiReference;
}

/** The score of a prediction against each reference that the variant lets count. */
export function f1PerReference(prediction: string, references: readonly string[], { f1Variant = "squad" }: AnswerOptions): number[] {
  const { tokens, bothEmpty, unanswerable } = DEFINITIONS[f1Variant];
  const predicted = tokens(prediction);
  return majority(references, unanswerable).map((reference) =>
    reference === unanswerable ? Number(prediction === unanswerable) : tokenF1(predicted, tokens(reference), bothEmpty),
  );
}

/** Against what an answer rests on (evidence, passages): the variant's tokens, none of its rules for annotators' answers. */
export function groundedF1(prediction: string, texts: readonly string[], { f1Variant = "squad" }: AnswerOptions): number {
  const { tokens, bothEmpty } = DEFINITIONS[f1Variant];
  return tokenF1(tokens(prediction), tokens(texts.join(" ")), bothEmpty);
}

/** The tokens that a variant compares. */
export function f1Tokens(text: string, { f1Variant = "squad" }: AnswerOptions): readonly string[] {
  return DEFINITIONS[f1Variant].tokens(text);
}

/** QuAC's handle_cannot: unanswerable if at least half the annotators say so, else their other answers. */
function majority(references: readonly string[], unanswerable: string | undefined): readonly string[] {
  if (unanswerable === undefined) return references;
  const answers = references.filter((reference) => reference !== unanswerable);
  return references.length - answers.length >= answers.length ? [unanswerable] : answers;
}

/** White space that is not a single space between words. */
// oxlint-disable-next-line no-control-regex -- Python counts the information separators as white space
const UNEVEN_SPACE = /^ | $| {2}|[\t-\r\x1c-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/** spaCy's tokens, joined by spaces, go through SQuAD's normalisation: "don't" leaves do and nt. */
function inscitTokens(text: string): string[] {
  const lower = text.toLowerCase();
  return squadTokens(spacyTokens(UNEVEN_SPACE.test(lower) ? splitAtSpace(lower).join(" ") : lower).join(" "));
}

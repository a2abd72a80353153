/** @file Sequences of embedding models that know no chat: the bare text as their own tokenizer reads it, nothing appended. */
import type { Exchange } from "../schema/records.ts";
import type { SequenceSettings } from "../schema/settings.ts";
import { UsageError } from "../util/errors.ts";
import { NOTHING_DROPPED, type Sequence, type Span } from "./sequence.ts";
import { cutText } from "./text-limits.ts";
import type { Tokenizer } from "./tokenizer.ts";

export type BarePooling = Exclude<SequenceSettings["pooling"], "emb">;

export interface BareText {
  tokenizer: Tokenizer;
  pooling: BarePooling;
  prefix: string;
  /** In tokens, those that the tokenizer itself puts around a text included. */
  limit: number;
}

/** Prefix and text are tokenised as one; too long: the tail of the text goes. */
export function bareDocument(text: string, counter: "passage_tokens" | "response_tokens", bare: BareText): Sequence {
  const content = bare.tokenizer.encode(bare.prefix + cutText(text, { maxTokens: bare.limit, keep: "head" }), { position: "first" });
  const kept = content.slice(0, roomOf(bare));
  return sequenceOf(kept, bare, { ...NOTHING_DROPPED, [counter]: content.length - kept.length });
}

/**
 * Prefix, questions and responses, a line break between them, tokenised as one. Too long: the oldest pairs go, then the head of the
 * question, which alone is then tokenised apart from the prefix.
 */
export function bareQuery(
  { history, question }: { history: readonly Exchange[]; question: string },
  { recentFirst, ...bare }: BareText & { recentFirst: boolean },
): Sequence {
  const { tokenizer, prefix, limit } = bare;
  const room = roomOf(bare);
  const q = cutText(question, { maxTokens: limit, keep: "tail" });
  const read = (pairs: number) => {
    const kept = history.slice(history.length - pairs).flatMap((pair) => [pair.question, pair.response]);
    const turns = recentFirst ? [q, ...kept.reverse()] : [...kept, q];
    return tokenizer.encode(prefix + turns.join("\n"), { position: "first" });
  };
  let pairs = likelyPairs(history, limit);
  let ids = read(pairs);
  while (ids.length > room && pairs > 0) ids = read(--pairs);
  const over = Math.max(0, ids.length - room);
  return sequenceOf(over === 0 ? ids : tailAfterPrefix(q, bare), bare, {
    ...NOTHING_DROPPED,
    pairs: history.length - pairs,
    question_tokens: over,
  });
}

/** The newest pairs whose characters `cutText` would not cut: of longer texts it is known that they do not fit. */
function likelyPairs(history: readonly Exchange[], limit: number): number {
  let text = "";
  for (const [at, { question, response }] of history.toReversed().entries()) {
    text += question + response;
    if (cutText(text, { maxTokens: limit, keep: "head" }).length < text.length) return at;
  }
  return history.length;
}

function tailAfterPrefix(question: string, bare: BareText): number[] {
  const prefix = bare.tokenizer.encode(bare.prefix.trimEnd(), { position: "first" });
  const left = roomOf(bare) - prefix.length;
  if (left < 1)
    throw new UsageError(
      `the prefix ${JSON.stringify(bare.prefix)} takes all of the ${bare.limit} tokens allowed; raise --max-query-length`,
    );
  return [...prefix, ...bare.tokenizer.encode(question).slice(-left)];
}

function roomOf({ tokenizer, limit }: BareText): number {
  const { before, after } = tokenizer.around;
  return limit - before.length - after.length;
}

/** A text without any token is the end-of-sequence token alone. */
function sequenceOf(content: number[], { tokenizer, pooling }: BareText, dropped: Sequence["dropped"]): Sequence {
  const { before, after } = tokenizer.around;
  const all = [...before, ...content, ...after];
  const ids = Int32Array.from(all.length === 0 ? [tokenizer.eosId] : all);
  return { ids, emb: spanOf(ids.length, pooling), response: null, dropped, passages: [] };
}

/** The tokens whose states are the embedding. */
function spanOf(length: number, pooling: BarePooling): Span {
  if (pooling === "mean") return { start: 0, length };
  return { start: pooling === "cls" ? 0 : length - 1, length: 1 };
}

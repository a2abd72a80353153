/** @file The sequences of the model: Q, P, R, G, X and the prompts for answering, with the positions of what they hold. */
import type { Exchange, Passage } from "../schema/records.ts";
import type { SequenceSettings } from "../schema/settings.ts";
import { UsageError } from "../util/errors.ts";
import { bareDocument, bareQuery, type BareText } from "./bare-text.ts";
import type { Position } from "./guarded-copies.ts";
import { fill, IdTemplates, size } from "./id-templates.ts";
import { loadRagPrompt, passageText, type RagPrompt, singleLine } from "./rag-prompt.ts";
import { type Dropped, NOTHING_DROPPED, type Sequence, type TurnText } from "./sequence.ts";
import { cutText } from "./text-limits.ts";
import type { Tokenizer } from "./tokenizer.ts";

export interface SequenceOptions {
  /** t, the number of eos copies that embed a sequence. */
  emb_tokens: number;
  /** Limits in tokens; each counts EMB (Q, P, R, X) or eos (r). */
  max_query_tokens: number;
  max_passage_tokens: number;
  max_response_tokens: number;
  /** Budget of a prompt for answering; by default what X has left beside EMB. */
  max_prompt_tokens: number;
  history_order: SequenceSettings["history_order"];
  pooling: SequenceSettings["pooling"];
  /** Before the question of Q, and before a passage's title. */
  query_prefix: string;
  passage_prefix: string;
  rag_prompt: RagPrompt;
}

type PassageText = Pick<Passage, "title" | "text">;

interface Asked {
  turn: TurnText;
  prefix: string;
  limit: number;
  generationPrompt: boolean;
  limitName: string;
}

interface TextOptions {
  maxTokens: number;
  keep: "head" | "tail";
  position?: Position;
  prefix?: string;
}

export class SequenceBuilder {
  readonly options: SequenceOptions;
  readonly #tokenizer: Tokenizer;
  readonly #templates: IdTemplates;

  constructor(tokenizer: Tokenizer, options: Partial<SequenceOptions> = {}) {
    const { emb_tokens = 1, max_query_tokens = 1024, max_passage_tokens = 384, max_response_tokens = 384 } = options;
    this.options = {
      history_order: "chronological",
      pooling: "emb",
      query_prefix: "",
      passage_prefix: "",
      max_prompt_tokens: max_query_tokens + max_passage_tokens - emb_tokens,
      ...options,
      emb_tokens,
      max_query_tokens,
      max_passage_tokens,
      max_response_tokens,
      rag_prompt: options.rag_prompt ?? loadRagPrompt(),
    };
    if (!Number.isInteger(emb_tokens) || emb_tokens < 1)
      throw new UsageError(`emb_tokens is ${emb_tokens}; a whole number from 1 was expected`);
    this.#tokenizer = tokenizer;
    this.#templates = new IdTemplates(tokenizer, this.options.rag_prompt);
  }

  /** Q = hist(H) + user turn q + EMB */
  query(turn: TurnText): Sequence {
    const { emb_tokens: t, max_query_tokens: limit, query_prefix: prefix, history_order } = this.options;
    const bare = this.#bare(limit, prefix);
    if (bare) return bareQuery(this.#seen(turn), { ...bare, recentFirst: history_order === "recent-first" });
    const { ids, dropped } = this.#ask({ turn, prefix, limit: limit - t, generationPrompt: false, limitName: "max_query_tokens" });
    return this.#withEmb(ids, { dropped });
  }

  /** P = "title. text" as an assistant turn after an empty user turn + EMB */
  passage(passage: PassageText): Sequence {
    const { max_passage_tokens: limit, passage_prefix: prefix } = this.options;
    return this.#document(passageText(passage), { limit, prefix, counter: "passage_tokens" });
  }

  /** R = response, same form as P */
  response(text: string): Sequence {
    return this.#document(text, { limit: this.options.max_response_tokens, prefix: "", counter: "response_tokens" });
  }

  /** G = Q + r + eos: the very ids of Q, then the response. */
  generation(turn: TurnText, responseText: string): Sequence {
    return this.#withResponse(this.query(turn), responseText);
  }

  /**
   * X = the RAG prompt + EMB; with a response X + r + eos, where r does not see EMB and continues at `emb.start`.
   * `keep` is the index of the passage that is never dropped (the positive among distractors).
   */
  identification(turn: TurnText, passages: readonly PassageText[], responseText?: string, { keep = 0 }: { keep?: number } = {}): Sequence {
    const { emb_tokens: t, max_query_tokens, max_passage_tokens } = this.options;
    const prompt = this.#ragPrompt({
      turn,
      passages,
      keep,
      limit: max_query_tokens + max_passage_tokens - t,
      limitName: "max_query_tokens",
    });
    const x = this.#withEmb([...prompt.ids], prompt);
    return responseText === undefined ? x : this.#withResponse(x, responseText);
  }

  /** The RAG prompt for answering: generation prompt, no EMB. Too long: the last passages go, then the oldest pairs, then the head of q. */
  prompt(turn: TurnText, passages: readonly PassageText[]): Sequence {
    return this.#ragPrompt({ turn, passages, keep: 0, limit: this.options.max_prompt_tokens, limitName: "max_prompt_tokens" });
  }

  /** The zero-shot prompt: hist(H) + user turn q + generation prompt. */
  queryPrompt(turn: TurnText): Sequence {
    const { ids, dropped } = this.#ask({
      turn,
      prefix: "",
      limit: this.options.max_prompt_tokens,
      generationPrompt: true,
      limitName: "max_prompt_tokens",
    });
    return { ids: Int32Array.from(ids), emb: null, response: null, dropped, passages: [] };
  }

  /** hist(H) + user turn q, within `limit`: the oldest pairs go first, then the head of q. */
  #ask({ turn, prefix, limit, generationPrompt, limitName }: Asked): { ids: number[]; dropped: Dropped } {
    const seen = this.#seen(turn);
    const recentFirst = this.options.history_order === "recent-first";
    const render = (pairs: number) =>
      recentFirst ? this.#templates.backward(pairs, generationPrompt) : this.#templates.ask(pairs, generationPrompt);
    const history = this.#history(seen.history, limit);
    const question = this.#text(turn.question, { maxTokens: limit, keep: "tail", prefix });
    const fitting = (pairs: number) => size(render(pairs)) + sum(history.slice(history.length - pairs), pairSize);
    let pairs = history.length;
    while (pairs > 0 && fitting(pairs) + question.length > limit) pairs--;
    const room = limit - fitting(pairs);
    if (room < 0) throw tooSmall(limitName, limit, "the chat template alone");
    const cut = Math.max(0, question.length - room);
    const kept = history.slice(history.length - pairs);
    // The prefix stays whole: then it is tokenised apart from what is left of the question.
    const head = cut === 0 || prefix === "" ? [] : this.#text(prefix.trimEnd(), { maxTokens: limit, keep: "head" });
    if (head.length > room) throw tooSmall(limitName, limit, "the chat template and the prefix");
    const q = [...head, ...question.slice(cut + head.length)];
    const contents = recentFirst ? [q, ...kept.toReversed().flatMap(([asked, answered]) => [answered, asked])] : [...kept.flat(), q];
    return {
      ids: fill(render(pairs), contents),
      dropped: { ...NOTHING_DROPPED, pairs: seen.history.length - pairs, question_tokens: cut },
    };
  }

  #seen(turn: TurnText): TurnText {
    return this.options.history_order === "none" ? { history: [], question: turn.question } : turn;
  }

  /** How bare texts are read; null where EMB embeds. */
  #bare(limit: number, prefix: string): BareText | null {
    const { pooling } = this.options;
    return pooling === "emb" ? null : { tokenizer: this.#tokenizer, pooling, prefix, limit };
  }

  #ragPrompt(asked: { turn: TurnText; passages: readonly PassageText[]; keep: number; limit: number; limitName: string }): Sequence {
    const { turn, limit, limitName } = asked;
    const { max_passage_tokens: longest } = this.options;
    const spaced = this.#templates.promptSpaces();
    const history = this.#history(turn.history, limit);
    const question = this.#text(spaced.question + turn.question, { maxTokens: limit, keep: "tail" });
    const whole = asked.passages.map((passage) =>
      this.#text(spaced.passage + singleLine(passageText(passage)), { maxTokens: longest, keep: "head" }),
    );
    const texts = whole.map((ids) => cutHead(ids, longest));
    const order = texts.map((_, index) => index);
    let pairs = history.length;
    const newest = () => history.slice(history.length - pairs);
    const total = () =>
      size(this.#templates.ask(pairs, true)) +
      size(this.#templates.prompt(order.length)) +
      sum(newest(), pairSize) +
      sum(order, (index) => texts[index]!.length) +
      question.length;
    while (total() > limit && order.length > 1)
      order.splice(
        order.findLastIndex((index) => index !== asked.keep),
        1,
      );
    while (total() > limit && pairs > 0) pairs--;
    const cut = Math.min(question.length, Math.max(0, total() - limit));
    const over = total() - cut - limit;
    const last = order[0];
    if (over > 0) {
      // Nothing is left but the template and one passage: that loses its tail.
      if (last === undefined || texts[last]!.length < over) throw tooSmall(limitName, limit, "the prompt's own words");
      texts[last] = texts[last]!.slice(0, -over);
    }
    const content = fill(this.#templates.prompt(order.length), [...order.map((index) => texts[index]!), question.slice(cut)]);
    const ids = fill(this.#templates.ask(pairs, true), [...newest().flat(), content]);
    const dropped = {
      ...NOTHING_DROPPED,
      pairs: turn.history.length - pairs,
      question_tokens: cut,
      passages: texts.length - order.length,
      passage_tokens: sum(order, (index) => whole[index]!.length - texts[index]!.length),
    };
    return { ids: Int32Array.from(ids), emb: null, response: null, dropped, passages: order };
  }

  #document(
    text: string,
    { limit, prefix, counter }: { limit: number; prefix: string; counter: "passage_tokens" | "response_tokens" },
  ): Sequence {
    const bare = this.#bare(limit, prefix);
    if (bare) return bareDocument(text, counter, bare);
    const pieces = this.#templates.document();
    const room = limit - this.options.emb_tokens - size(pieces);
    if (room < 0)
      throw new UsageError(
        `max_${counter}: ${limit} leaves no room beside the chat template and ${this.options.emb_tokens} EMB tokens; raise it`,
      );
    const content = this.#text(text, { maxTokens: limit, keep: "head", prefix, position: "slot" in pieces[0]! ? "first" : "part" });
    const kept = cutHead(content, room);
    return this.#withEmb(fill(pieces, [kept]), { dropped: { ...NOTHING_DROPPED, [counter]: content.length - kept.length } });
  }

  #withEmb(ids: number[], rest: { dropped: Dropped; passages?: number[] }): Sequence {
    const { emb_tokens: t } = this.options;
    const all = Int32Array.from([...ids, ...Array<number>(t).fill(this.#tokenizer.eosId)]);
    return { ids: all, emb: { start: ids.length, length: t }, response: null, dropped: rest.dropped, passages: rest.passages ?? [] };
  }

  /** r loses its tail; its eos stays. */
  #withResponse(sequence: Sequence, text: string): Sequence {
    const limit = this.options.max_response_tokens;
    const content = this.#text(text, { maxTokens: limit, keep: "head" });
    const kept = cutHead(content, limit - 1);
    const response = { start: sequence.ids.length, length: kept.length + 1 };
    const ids = Int32Array.from([...sequence.ids, ...kept, this.#tokenizer.eosId]);
    return { ...sequence, ids, response, dropped: { ...sequence.dropped, response_tokens: content.length - kept.length } };
  }

  /** The newest pairs as ids, no more than can fit; pairs are [question, response]. */
  #history(history: readonly Exchange[], limit: number): [number[], number[]][] {
    const pairs: [number[], number[]][] = [];
    let used = 0;
    for (const { question, response } of history.toReversed()) {
      const pair: [number[], number[]] = [
        this.#text(question, { maxTokens: limit, keep: "tail" }),
        this.#text(response, { maxTokens: limit, keep: "head" }),
      ];
      used += pairSize(pair);
      if (used > limit) break;
      pairs.push(pair);
    }
    return pairs.toReversed();
  }

  /** A prefix and its text are tokenised as one, so that the ids are those of the text people write. */
  #text(text: string, { maxTokens, keep, position = "part", prefix = "" }: TextOptions): number[] {
    return this.#tokenizer.encode(prefix + cutText(text, { maxTokens, keep }), { position });
  }
}

function tooSmall(limitName: string, limit: number, what: string): UsageError {
  return new UsageError(`${limitName}: ${what} take more than the ${limit} tokens allowed; raise it`);
}

function pairSize([question, response]: readonly [number[], number[]]): number {
  return question.length + response.length;
}

function cutHead(ids: number[], length: number): number[] {
  return ids.length <= length ? ids : ids.slice(0, length);
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

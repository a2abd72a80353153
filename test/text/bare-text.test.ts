/** @file Bare texts and prefixes: ids are those of the text people would write, within the limit. */
import { beforeAll, describe, expect, it } from "vitest";
import { SequenceBuilder, type SequenceOptions } from "../../src/text/sequences.ts";
import type { Tokenizer } from "../../src/text/tokenizer.ts";
import { byteLevel, CHATML, makeTokenizer, sentencePiece } from "./tokenizers.ts";

let plain: Tokenizer;
let wrapped: Tokenizer;
let pieces: Tokenizer;
let chatml: Tokenizer;
beforeAll(async () => {
  const merges: [string, string][] = [
    ["Ġ", "h"],
    ["Ġh", "i"],
  ];
  plain = await makeTokenizer({ json: byteLevel({ merges }) });
  const post_processor = {
    type: "Sequence",
    processors: [
      { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: true },
      {
        type: "TemplateProcessing",
        single: [
          { SpecialToken: { id: "<|im_start|>", type_id: 0 } },
          { Sequence: { id: "A", type_id: 0 } },
          { SpecialToken: { id: "<|im_end|>", type_id: 0 } },
        ],
        pair: [{ Sequence: { id: "A", type_id: 0 } }, { Sequence: { id: "B", type_id: 1 } }],
        special_tokens: Object.fromEntries(["<|im_start|>", "<|im_end|>"].map((id, at) => [id, { id, ids: [at + 1], tokens: [id] }])),
      },
    ],
  };
  wrapped = await makeTokenizer({ json: { ...byteLevel({ merges }), post_processor } });
  pieces = await makeTokenizer({ json: sentencePiece(), config: { bos_token: "<s>", eos_token: "</s>" } });
  chatml = await makeTokenizer({ json: byteLevel({ merges }), config: { chat_template: CHATML } });
});

const build = (tokenizer: Tokenizer, options: Partial<SequenceOptions> = {}) =>
  new SequenceBuilder(tokenizer, { pooling: "last", ...options });
const conversation = (pairs: number, question = "hi") => ({
  history: Array.from({ length: pairs }, (_, i) => ({ question: `q${i}`, response: `r${i}` })),
  question,
});
const text = (tokenizer: Tokenizer, ids: Iterable<number>) => tokenizer.decode(ids);

describe("a bare text", () => {
  it("is tokenised in one with its prefix, so that the space between them belongs to the first word", () => {
    for (const tokenizer of [plain, pieces]) {
      const builder = build(tokenizer, { query_prefix: "query: ", passage_prefix: "passage: " });
      const { before, after } = tokenizer.around;
      const whole = (content: string) => [...before, ...tokenizer.encode(content, { position: "first" }), ...after];
      expect([...builder.query(conversation(0)).ids]).toEqual(whole("query: hi"));
      expect([...builder.passage({ title: "T", text: "hi" }).ids]).toEqual(whole("passage: T. hi"));
      expect([...builder.response("hi").ids]).toEqual(whole("hi"));
    }
    // One token for the space and the word: apart from the prefix it would be another.
    expect([...build(plain, { query_prefix: "query: " }).query(conversation(0)).ids].at(-1)).toBe(plain.encode(" hi")[0]);
  });

  it("has around it what the tokenizer puts around texts, and no EMB, template or generation prompt", () => {
    expect(plain.around).toEqual({ before: [], after: [] });
    expect(pieces.around).toEqual({ before: [1], after: [] });
    expect([...build(wrapped).query(conversation(0)).ids]).toEqual([1, ...wrapped.encode("hi"), 2]);
  });

  it("is pooled over the span that its pooling names", () => {
    const spanOf = (pooling: "last" | "mean" | "cls") => build(wrapped, { pooling }).query(conversation(0)).emb;
    const n = build(wrapped).query(conversation(0)).ids.length;
    expect(spanOf("last")).toEqual({ start: n - 1, length: 1 });
    expect(spanOf("cls")).toEqual({ start: 0, length: 1 });
    expect(spanOf("mean")).toEqual({ start: 0, length: n });
    expect([...build(plain).passage({ title: "", text: "" }).ids]).toEqual([plain.eosId]);
  });

  it("holds the conversation line by line in the asked order, or the question alone", () => {
    const shown = (history_order: SequenceOptions["history_order"]) =>
      text(plain, build(plain, { history_order, query_prefix: "Q: " }).query(conversation(2)).ids);
    expect(shown("chronological")).toBe("Q: q0\nr0\nq1\nr1\nhi");
    expect(shown("recent-first")).toBe("Q: hi\nr1\nq1\nr0\nq0");
    expect(shown("none")).toBe("Q: hi");
  });

  it("too long loses its oldest pairs, then the head of the question, never the prefix; a passage loses its tail", () => {
    const short = (max_query_tokens: number, question?: string) => {
      const { ids, dropped } = build(wrapped, { max_query_tokens, query_prefix: "Q: " }).query(conversation(3, question));
      expect(ids.length).toBeLessThanOrEqual(max_query_tokens);
      return { shown: text(wrapped, ids), ...dropped };
    };
    expect(short(64)).toMatchObject({ shown: "Q: q0\nr0\nq1\nr1\nq2\nr2\nhi", pairs: 0 });
    expect(short(16)).toMatchObject({ shown: "Q: q2\nr2\nhi", pairs: 2, question_tokens: 0 });
    expect(short(9, "abcdefghijk")).toMatchObject({ shown: "Q:ghijk", pairs: 3, question_tokens: 7 });
    const passage = build(plain, { max_passage_tokens: 8, passage_prefix: "P: " }).passage({ title: "", text: "abcdefghijk" });
    expect(text(plain, passage.ids)).toBe("P: abcde");
    expect(passage.dropped.passage_tokens).toBe(6);
    expect(() => build(plain, { max_query_tokens: 3, query_prefix: "Query: " }).query(conversation(0, "abcdefgh"))).toThrow(
      'the prefix "Query: " takes all of the 3 tokens allowed',
    );
  });

  it("never yields a special token, whether it stands in the text or in the prefix", () => {
    const builder = build(wrapped, { query_prefix: "<|im_start|>" });
    const inner = [...builder.query(conversation(1, "<|im_end|><|end|>")).ids].slice(1, -1);
    expect(inner.filter((id) => wrapped.specialIds.has(id))).toEqual([]);
  });
});

describe("with EMB", () => {
  const chat = (options: Partial<SequenceOptions>) => build(chatml, { pooling: "emb", ...options });

  it("a prefix opens the turn that asks and the passage's turn; responses and prompts have none", () => {
    const builder = chat({ query_prefix: "query: ", passage_prefix: "passage: " });
    expect(text(chatml, builder.query(conversation(1)).ids)).toContain("assistant\nr0\nuser\nquery: hi");
    expect(text(chatml, builder.passage({ title: "T", text: "x" }).ids)).toContain("passage: T. x");
    for (const sequence of [
      builder.response("x"),
      builder.queryPrompt(conversation(1)),
      builder.prompt(conversation(1), [{ title: "", text: "x" }]),
    ])
      expect(text(chatml, sequence.ids)).not.toMatch(/query: |passage: /);
    expect([...builder.generation(conversation(1), "r").ids].slice(0, -2)).toEqual([...builder.query(conversation(1)).ids]);
  });

  it("a question that does not fit loses its head behind the prefix", () => {
    const whole = chat({ query_prefix: "Q: " }).query(conversation(0, "abcdefghijk"));
    const cut = chat({ query_prefix: "Q: ", max_query_tokens: whole.ids.length - 4 }).query(conversation(1, "abcdefghijk"));
    expect(cut.ids.length).toBe(whole.ids.length - 4);
    expect(text(chatml, cut.ids)).toContain("Q:defghijk");
    expect(cut.dropped).toMatchObject({ pairs: 1, question_tokens: 4 });
  });

  it("without history Q, G and the zero-shot prompt hold the question alone", () => {
    const builder = chat({ history_order: "none" });
    expect(builder.query(conversation(3))).toEqual(builder.query(conversation(0)));
    expect(builder.queryPrompt(conversation(3)).ids).toEqual(builder.queryPrompt(conversation(0)).ids);
  });
});

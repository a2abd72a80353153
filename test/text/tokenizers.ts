/** @file Small tokenizers written by hand, one per family, for tests of the guard and of the sequences. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadTokenizer, type Tokenizer } from "../../src/text/tokenizer.ts";

export const CHATML =
  "{% for message in messages %}{% if loop.first and message.role != 'system' %}{{ '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' }}{% endif %}" +
  "{{ '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>' + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

/** Refuses an empty user turn and two user turns in a row; trims; ends assistant turns with eos. */
export const STRICT =
  "{{ bos_token }}{% for message in messages %}{% if (message.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}" +
  "{% if message.role == 'user' %}{% if not message.content %}{{ raise_exception('empty') }}{% endif %}{{ '[INST] ' + message.content | trim + ' [/INST]' }}" +
  "{% else %}{{ ' ' + message.content | trim + eos_token }}{% endif %}{% endfor %}";

const special = (id: number, content: string) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});

export const BYTES = (() => {
  const printable = (b: number) => (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || (b >= 174 && b <= 255);
  let next = 256;
  return Array.from({ length: 256 }, (_, b) => String.fromCharCode(printable(b) ? b : next++));
})();

/** Ids: the specials first, then a token per byte, then `merges`. */
export function byteLevel({
  specials = ["<|end|>", "<|im_start|>", "<|im_end|>"],
  merges = [] as [string, string][],
  prefixSpace = false,
} = {}) {
  const tokens = [...new Set([...specials, ...BYTES, ...merges.map(([a, b]) => a + b)])];
  return {
    version: "1.0",
    added_tokens: specials.map((content, id) => special(id, content)),
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: prefixSpace, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: "ByteLevel" },
    model: { type: "BPE", unk_token: null, vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges },
  };
}

/** SentencePiece BPE as Llama 2 stores it: a Prepend normalizer, byte fallback, `</s>` in the vocabulary and reachable by merges. */
export function sentencePiece({ metaspace = false } = {}) {
  const bytes = Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`);
  const characters = [..."▁abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,:?!</>[]0123456789"];
  const merges = [
    ["<", "/"],
    ["</", "s"],
    ["</s", ">"],
    ["h", "i"],
    ["▁", "hi"],
  ];
  const tokens = ["<unk>", "<s>", "</s>", ...bytes, ...characters, "</", "</s", "hi", "▁hi"];
  return {
    version: "1.0",
    added_tokens: ["<unk>", "<s>", "</s>"].map((content, id) => special(id, content)),
    normalizer: metaspace
      ? null
      : {
          type: "Sequence",
          normalizers: [
            { type: "Prepend", prepend: "▁" },
            { type: "Replace", pattern: { String: " " }, content: "▁" },
          ],
        },
    pre_tokenizer: metaspace ? { type: "Metaspace", replacement: "▁", prepend_scheme: "first", split: false } : null,
    post_processor: {
      type: "TemplateProcessing",
      single: [{ SpecialToken: { id: "<s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
      pair: [{ Sequence: { id: "A", type_id: 0 } }, { Sequence: { id: "B", type_id: 1 } }],
      special_tokens: { "<s>": { id: "<s>", ids: [1], tokens: ["<s>"] } },
    },
    decoder: {
      type: "Sequence",
      decoders: [
        { type: "Replace", pattern: { String: "▁" }, content: " " },
        { type: "ByteFallback" },
        { type: "Fuse" },
        { type: "Strip", content: " ", start: 1, stop: 0 },
      ],
    },
    model: {
      type: "BPE",
      unk_token: "<unk>",
      fuse_unk: true,
      byte_fallback: true,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  };
}

export function unigram() {
  const characters = [..."▁abcdefghijklmnopqrstuvwxyz<>/|.?"].map((c, i): [string, number] => [c, -5 - i / 100]);
  return {
    version: "1.0",
    added_tokens: ["<unk>", "</s>"].map((content, id) => special(id, content)),
    normalizer: null,
    pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
    post_processor: null,
    decoder: { type: "Metaspace", replacement: "▁", prepend_scheme: "always" },
    model: { type: "Unigram", unk_id: 0, vocab: [["<unk>", 0], ["</s>", 0], ["▁hi", -1], ...characters] },
  };
}

export function wordPiece() {
  const characters = [..."abcdefghijklmnopqrstuvwxyz[].?"].flatMap((c) => [c, `##${c}`]);
  const tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "hi", ...characters];
  return {
    version: "1.0",
    added_tokens: ["[PAD]", "[UNK]", "[CLS]", "[SEP]"].map((content, id) => special(id, content)),
    normalizer: { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
    pre_tokenizer: { type: "WhitespaceSplit" },
    post_processor: null,
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    },
  };
}

export interface Made {
  json: object;
  config?: Record<string, unknown>;
  generation?: object;
  jinja?: string;
}

export function writeTokenizer({ json, config = {}, generation, jinja }: Made): string {
  const dir = mkdtempSync(join(tmpdir(), "uniconv-tokenizer-"));
  writeFileSync(join(dir, "tokenizer.json"), JSON.stringify(json));
  writeFileSync(join(dir, "tokenizer_config.json"), JSON.stringify({ eos_token: "<|end|>", ...config }));
  if (generation !== undefined) writeFileSync(join(dir, "generation_config.json"), JSON.stringify(generation));
  if (jinja !== undefined) writeFileSync(join(dir, "chat_template.jinja"), jinja);
  return dir;
}

export function makeTokenizer(made: Made): Promise<Tokenizer> {
  return loadTokenizer(writeTokenizer(made));
}

/** Every family with a configuration that fits it. */
export const FAMILIES: Record<string, Made> = {
  "byte-level": { json: byteLevel(), config: { chat_template: CHATML } },
  "byte-level with a prefixed space": {
    json: byteLevel({
      prefixSpace: true,
      merges: [
        ["Ġ", "h"],
        ["Ġh", "i"],
      ],
    }),
  },
  "byte-level whose merges spell a special token": {
    json: byteLevel({
      specials: ["<=>"],
      merges: [
        ["<", "="],
        ["<=", ">"],
      ],
    }),
    config: { eos_token: "<=>" },
  },
  "SentencePiece, Prepend": { json: sentencePiece(), config: { eos_token: "</s>", bos_token: "<s>", chat_template: STRICT } },
  "SentencePiece, Metaspace": { json: sentencePiece({ metaspace: true }), config: { eos_token: "</s>", bos_token: "<s>" } },
  Unigram: { json: unigram(), config: { eos_token: "</s>", unk_token: "<unk>" } },
  WordPiece: { json: wordPiece(), config: { eos_token: "[SEP]", pad_token: "[PAD]", unk_token: "[UNK]", cls_token: "[CLS]" } },
};

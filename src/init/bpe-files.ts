/** @file The tokenizer files of a fresh model, as Python's `tokenizers` and `transformers` read and write them. */
import type { Bpe } from "./bpe-trainer.ts";

export const EOS = "<|endoftext|>";
/** Each turn starts with one token for its role, so that a conversation costs few tokens beside its words. */
export const SPECIAL_TOKENS = [EOS, "<|user|>", "<|assistant|>"] as const;

/** An empty turn leaves no trace; no turn ends with eos. */
export const CHAT_TEMPLATE =
  "{% for message in messages %}{% if message.content %}{{ '<|' + message.role + '|>' + message.content }}{% endif %}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

const BYTE_LEVEL = { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true };

/** Written key by key, because a JavaScript object would move tokens such as "2015" to the front. */
export function tokenizerJson({ tokens, merges }: Bpe): string {
  const added = SPECIAL_TOKENS.map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
  const model = [
    `"type": "BPE"`,
    `"dropout": null`,
    `"unk_token": null`,
    `"continuing_subword_prefix": null`,
    `"end_of_word_suffix": null`,
    `"fuse_unk": false`,
    `"byte_fallback": false`,
    `"ignore_merges": false`,
    `"vocab": {\n      ${tokens.map((token, id) => `${JSON.stringify(token)}: ${id}`).join(",\n      ")}\n    }`,
    `"merges": [\n      ${merges.map((pair) => JSON.stringify(pair)).join(",\n      ")}\n    ]`,
  ];
  const parts = [
    `"version": "1.0"`,
    `"truncation": null`,
    `"padding": null`,
    `"added_tokens": ${JSON.stringify(added)}`,
    `"normalizer": null`,
    `"pre_tokenizer": ${JSON.stringify(BYTE_LEVEL)}`,
    `"post_processor": null`,
    `"decoder": ${JSON.stringify(BYTE_LEVEL)}`,
    `"model": {\n    ${model.join(",\n    ")}\n  }`,
  ];
  return `{\n  ${parts.join(",\n  ")}\n}\n`;
}

export function tokenizerConfig(maxLength: number): Record<string, unknown> {
  return {
    tokenizer_class: "PreTrainedTokenizerFast",
    eos_token: EOS,
    pad_token: EOS,
    additional_special_tokens: SPECIAL_TOKENS.slice(1),
    add_prefix_space: true,
    clean_up_tokenization_spaces: false,
    model_max_length: maxLength,
    chat_template: CHAT_TEMPLATE,
  };
}

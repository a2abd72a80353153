/** @file Which special tokens a tokenizer puts before and after every text: bos, eos, [CLS] and [SEP]. */
import type { Component, TokenizerJson } from "./tokenizer-json.ts";

export interface Around {
  before: readonly number[];
  after: readonly number[];
}

type Item = { SpecialToken?: { id: string }; Sequence?: object };

/** `single` of TemplateProcessing, `cls` and `sep` of BertProcessing and RobertaProcessing; nothing where there is no post-processor. */
export function aroundText({ post_processor: processor }: Pick<TokenizerJson, "post_processor">): Around {
  const found = [processor, ...((processor?.["processors"] ?? []) as Component[])].map((one) => (one === null ? null : ofOne(one)));
  return found.find((around) => around !== null) ?? { before: [], after: [] };
}

function ofOne(processor: Component): Around | null {
  if (processor.type === "BertProcessing" || processor.type === "RobertaProcessing") {
    const idOf = (key: string) => (processor[key] as [string, number])[1];
    return { before: [idOf("cls")], after: [idOf("sep")] };
  }
  if (processor.type !== "TemplateProcessing") return null;
  const items = processor["single"] as Item[];
  const specials = processor["special_tokens"] as Record<string, { ids: number[] }>;
  const idsOf = (some: readonly Item[]) => some.flatMap(({ SpecialToken: token }) => (token ? specials[token.id]!.ids : []));
  const text = items.findIndex(({ Sequence }) => Sequence !== undefined);
  return { before: idsOf(items.slice(0, text)), after: idsOf(items.slice(text + 1)) };
}

/** @file @huggingface/tokenizers with the types this folder needs: its own do not resolve under Node's module rules. */
import * as untyped from "@huggingface/tokenizers";

export interface LibraryTokenizer {
  readonly pre_tokenizer: LibraryPreTokenizer | null;
  encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] };
  decode(ids: number[], options: { clean_up_tokenization_spaces: boolean }): string;
  id_to_token(id: number): string | undefined;
}

/** ByteLevel is the one with a byte encoder, Sequence the one with children. */
export interface LibraryPreTokenizer {
  pattern?: RegExp | null;
  byte_encoder?: object;
  tokenizers?: (LibraryPreTokenizer | null)[];
}

interface Library {
  Tokenizer: new (json: object, config: object) => LibraryTokenizer;
  /** Turns an Oniguruma pattern into the one that will run. */
  SplitPreTokenizer: new (config: object) => LibraryPreTokenizer;
}

export const library = untyped as unknown as Library;

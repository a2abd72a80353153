/** @file The words around texts as ids, rendered once: of the chat template and of the RAG prompt, with slots for what they hold. */
import { ChatTemplate, type Message, type TemplatePiece } from "./chat-template.ts";
import type { Position } from "./guarded-copies.ts";
import type { RagPrompt } from "./rag-prompt.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** Template text as ids, or a slot. */
export type IdPiece = readonly number[] | { slot: number };

export class IdTemplates {
  readonly #tokenizer: Tokenizer;
  readonly #chat: ChatTemplate;
  readonly #ragPrompt: RagPrompt;
  readonly #rendered = new Map<string, IdPiece[]>();

  constructor(tokenizer: Tokenizer, ragPrompt: RagPrompt) {
    this.#tokenizer = tokenizer;
    this.#ragPrompt = ragPrompt;
    const plain = tokenizer.chatTemplate === null;
    // A template writes bos itself; the plain one does where the tokenizer would.
    const bosToken = plain && !tokenizer.addsBos ? null : tokenizer.bosToken;
    this.#chat = new ChatTemplate({ source: tokenizer.chatTemplate, bosToken, eosToken: tokenizer.eosToken });
  }

  /** `pairs` earlier exchanges and the question, a message each. */
  ask(pairs: number, generationPrompt: boolean): IdPiece[] {
    const messages = Array.from({ length: 2 * pairs + 1 }, (_, i): Message => ({ role: i % 2 === 0 ? "user" : "assistant", filled: true }));
    return this.#ids(`ask ${pairs} ${generationPrompt}`, () => this.#chat.render(messages, { generationPrompt }));
  }

  /** One user turn: q, then the earlier responses and questions backwards, a line break between them. */
  backward(pairs: number, generationPrompt: boolean): IdPiece[] {
    return this.#ids(`backward ${pairs} ${generationPrompt}`, () => {
      const turn = this.#chat.render([{ role: "user", filled: true }], { generationPrompt });
      const slots = Array.from({ length: 2 * pairs + 1 }, (_, slot): TemplatePiece[] =>
        slot === 0 ? [{ slot }] : [{ text: "\n" }, { slot }],
      ).flat();
      return turn.flatMap((piece) => ("slot" in piece ? slots : [piece]));
    });
  }

  /** A template that refuses an empty user turn leaves the bare text. */
  document(): IdPiece[] {
    return this.#ids("document", () => {
      try {
        const messages: Message[] = [
          { role: "user", filled: false },
          { role: "assistant", filled: true },
        ];
        return this.#chat.render(messages, { generationPrompt: false });
      } catch {
        return [{ slot: 0 }];
      }
    });
  }

  /** The prompt file's words are text, not markup: they go through the guard like data. A line break gets no space before it. */
  prompt(passageCount: number): IdPiece[] {
    const encode = (text: string) => this.#tokenizer.encode(text, { position: startsWhite(text) ? "middle" : "part" });
    return this.#cached(`prompt ${passageCount}`, () =>
      this.#ragPrompt.pieces(passageCount).map((piece) => ("slot" in piece ? piece : encode(piece.text))),
    );
  }

  /** The blank that the prompt file writes before a slot belongs to what fills it. */
  promptSpaces(): { passage: string; question: string } {
    const [passage, question] = this.#ragPrompt.pieces(1).filter((piece) => "slot" in piece);
    return { passage: passage?.spaced === true ? " " : "", question: question?.spaced === true ? " " : "" };
  }

  #ids(key: string, render: () => TemplatePiece[]): IdPiece[] {
    const position = (text: string, index: number): Position => (index === 0 ? "first" : startsWhite(text) ? "middle" : "part");
    return this.#cached(key, () =>
      render().map((piece, index) =>
        "slot" in piece ? piece : this.#tokenizer.encodeTemplate(piece.text, { position: position(piece.text, index) }),
      ),
    );
  }

  #cached(key: string, make: () => IdPiece[]): IdPiece[] {
    const cached = this.#rendered.get(key) ?? make();
    this.#rendered.set(key, cached);
    return cached;
  }
}

export function fill(pieces: readonly IdPiece[], contents: readonly (readonly number[])[]): number[] {
  return pieces.flatMap((piece) => ("slot" in piece ? contents[piece.slot]! : piece));
}

/** Tokens of the template itself. */
export function size(pieces: readonly IdPiece[]): number {
  return pieces.reduce((total, piece) => total + ("slot" in piece ? 0 : piece.length), 0);
}

/** A tokenizer that prefixes a space to words has none to give to a line break. */
function startsWhite(text: string): boolean {
  return /^\s/.test(text);
}

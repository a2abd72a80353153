/** @file The chat template, rendered with sentinels in place of the contents and split there: data never meets the template engine. */
import { Template } from "@huggingface/jinja";
import { DataError } from "../util/errors.ts";

/**
 * What a tokenizer without a template gets: a line with the role before each content, nothing after the last turn but a line break.
 * An empty turn leaves no trace, so a passage is its text under the assistant's line.
 */
export const PLAIN_TEMPLATE =
  "{{ bos_token }}{% for message in messages %}{% if message.content %}" +
  "{{ 'User:\n' if message.role == 'user' else 'Assistant:\n' }}{{ message.content }}{{ '\n' }}" +
  "{% endif %}{% endfor %}{% if add_generation_prompt %}{{ 'Assistant:\n' }}{% endif %}";

/** Text of the template itself, or the place of the content number `slot`. */
export type TemplatePiece = { text: string } | { slot: number };

export interface Message {
  role: "user" | "assistant";
  /** False for a turn without content. */
  filled: boolean;
}

export class ChatTemplate {
  readonly #template: Template;
  readonly #tokens: { bos_token: string; eos_token: string };

  constructor({ source, bosToken, eosToken }: { source: string | null; bosToken: string | null; eosToken: string }) {
    try {
      this.#template = new Template(FIXED_CLOCK + (source ?? PLAIN_TEMPLATE));
    } catch (error) {
      throw new DataError(`the chat template does not parse: ${(error as Error).message}`, {}, { cause: error });
    }
    this.#tokens = { bos_token: bosToken ?? "", eos_token: eosToken };
  }

  /** Contents are numbered over the filled messages. Throws `DataError` when the template refuses these turns, or repeats, drops or alters a content. */
  render(messages: readonly Message[], { generationPrompt }: { generationPrompt: boolean }): TemplatePiece[] {
    let slots = 0;
    const filled = messages.map(({ role, filled }) => ({ role, content: filled ? sentinel(slots++) : "" }));
    let text: string;
    try {
      text = this.#template.render({
        ...this.#tokens,
        messages: filled,
        add_generation_prompt: generationPrompt,
        fixed_clock: fixedClock,
      });
    } catch (error) {
      throw new DataError(
        `the chat template refuses ${messages.map(({ role }) => role).join(", ")}: ${(error as Error).message}`,
        {},
        { cause: error },
      );
    }
    return splitAtSentinels(text, slots);
  }
}

/** Splits a rendered text; every sentinel must occur once, in order. */
export function splitAtSentinels(text: string, slots: number): TemplatePiece[] {
  const parts = text.split(SENTINEL);
  const found = parts.filter((_, index) => index % 2 === 1).map(Number);
  if (found.length !== slots || found.some((slot, index) => slot !== index)) {
    throw new DataError(`a template placed the contents ${found.join(", ") || "nowhere"}; each of ${slots} was expected once, in order`);
  }
  const pieces = parts.map((part, index): TemplatePiece => (index % 2 === 1 ? { slot: Number(part) } : { text: part }));
  return pieces.filter((piece) => !("text" in piece) || piece.text !== "");
}

/** A word of private-use characters around a number: trimming and case changes leave it alone. */
export function sentinel(slot: number): string {
  return `\uf8f1\uf8f2${slot}\uf8f3\uf8f1`;
}

const SENTINEL = /\uf8f1\uf8f2(\d+)\uf8f3\uf8f1/;
/** The library declares strftime_now itself, with the real clock; the line break is the block's own and is trimmed. */
const FIXED_CLOCK = "{% set strftime_now = fixed_clock %}\n";

/** Templates that print today's date always print this one, so that equal inputs give equal ids: 26 July 2024, noon. */
function fixedClock(format: string): string {
  const values: Record<string, string> = {
    Y: "2024",
    y: "24",
    m: "07",
    B: "July",
    b: "Jul",
    d: "26",
    e: "26",
    j: "208",
    A: "Friday",
    a: "Fri",
    H: "12",
    I: "12",
    M: "00",
    S: "00",
    p: "PM",
    "%": "%",
  };
  return format.replace(/%-?([A-Za-z%])/g, (whole, letter: string) => values[letter] ?? whole);
}

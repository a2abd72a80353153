/** @file Flags and environment variables are text; the schema says what the text stands for. */
import { z } from "zod";
import type { OptionSpec } from "./spec.ts";
import { unwrap } from "./spec.ts";

/** A value of a flag. Text that stands for nothing stays text, so that validation can show it. */
export function fromText(schema: z.ZodType, text: string): unknown {
  const { inner } = unwrap(schema);
  if (inner instanceof z.ZodNumber) return isNumber(text) && Number.isFinite(Number(text)) ? Number(text) : text;
  if (inner instanceof z.ZodBoolean) return /^(true|1|yes|on)$/i.test(text) ? true : /^(false|0|no|off)$/i.test(text) ? false : text;
  if (inner instanceof z.ZodLiteral) return [...inner.values].find((value) => String(value) === text) ?? text;
  if (inner instanceof z.ZodUnion) {
    const values = inner.options.map((option) => ({ option: option as z.ZodType, value: fromText(option as z.ZodType, text) }));
    return values.find(({ option, value }) => option.safeParse(value).success)?.value ?? text;
  }
  return text;
}

/** All occurrences of a flag, in order. */
export function fromFlags(spec: OptionSpec, texts: readonly string[]): unknown {
  if (spec.form === "pairs") return pairs(spec, texts);
  if (spec.form !== "many") return fromText(spec.value, texts.at(-1)!);
  // Numbers and choices hold no commas, paths may.
  const listed = spec.choices.length > 0 || spec.value instanceof z.ZodNumber;
  return texts.flatMap((text) => (listed ? text.split(",") : [text])).map((text) => fromText(spec.value, text));
}

/** UNICONV_<KEY>: one value, or JSON where the option takes several. */
export function fromEnvironment(spec: OptionSpec, text: string): unknown {
  if (spec.form === "switch") return fromText(spec.value, text);
  if (spec.form === "one") return fromText(spec.value, text);
  if (/^\s*[[{]/.test(text)) {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      return text;
    }
  }
  return spec.form === "config" ? text : fromFlags(spec, [text]);
}

function pairs(spec: OptionSpec, texts: readonly string[]): unknown {
  const value = (spec.value as z.ZodRecord).valueType as z.ZodType;
  const entries = texts.map((text) => {
    const at = text.lastIndexOf("=");
    return at < 0 ? [text, undefined] : [text.slice(0, at), fromText(value, text.slice(at + 1))];
  });
  return Object.fromEntries(entries) as unknown;
}

/** What people write as a number; not "", " 1", "0x10" or "Infinity". */
const isNumber = (text: string): boolean => /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text);

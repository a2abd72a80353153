/** @file Texts of a figure: how wide they are without a canvas, shortened, broken into lines, and harmless. */
import { printable } from "../table.ts";

/** Advance widths of Helvetica (Adobe's font metrics), thousandths of the font size, from U+0020 to U+007E. */
const HELVETICA =
  "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 667 944 667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 722 500 500 500 334 260 334 584"
    .split(" ")
    .map(Number);
/** Sans-serif fonts differ: DejaVu Sans, the widest in common use, takes about this much more. */
const WIDER = 1.17;
const BOLD = 1.1;
/** Of letters outside ASCII; of the wide ones (East Asian, emoji) the whole size. */
const OTHER = 600;
const WIDE = /[\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]|[\u{1f000}-\u{3fffd}]/u;

export interface Font {
  /** Pixels. */
  size: number;
  bold?: boolean;
}

/** Pixels, rather too many than too few. */
export function textWidth(text: string, { size, bold = false }: Font): number {
  let thousandths = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    thousandths += HELVETICA[code - 32] ?? (/\p{M}/u.test(character) ? 0 : WIDE.test(character) ? 1000 / WIDER : OTHER);
  }
  return (thousandths / 1000) * size * WIDER * (bold ? BOLD : 1);
}

/** Names come from data: what could repaint or what XML cannot hold is shown as its code. */
export function harmless(text: string): string {
  return literal(printable(text).replace(/\p{Noncharacter_Code_Point}/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`));
}

/** Some words Vega takes for identifiers even in quotes, since it looks them up in a plain object: a space, which it does not draw, undoes that. */
const literal = (text: string): string => (text === "if" || text in Object.prototype ? `${text} ` : text);

/** The beginning and the end of a text that is too long: names of systems often differ in their ends. */
export function shortened(text: string, limit: number, font: Font): string {
  if (textWidth(text, font) <= limit) return text;
  const letters = [...text];
  let kept = letters.length;
  let short = text;
  while (kept > 1 && textWidth(short, font) > limit) {
    kept--;
    const head = Math.ceil(kept / 2);
    short = `${letters.slice(0, head).join("")}…${letters.slice(letters.length - (kept - head)).join("")}`;
  }
  return short;
}

/** Names as a figure shows them, harmless and short, still all different. */
export function shownNames(names: readonly string[], limit: number, font: Font): string[] {
  const seen = new Set<string>();
  return names.map((name) => {
    const text = harmless(name);
    let shown = shortened(text, limit, font);
    for (let twin = 2; seen.has(shown); twin++) shown = `${shortened(text, limit - textWidth(` (${twin})`, font), font)} (${twin})`;
    seen.add(shown);
    return shown;
  });
}

/** Lines of whole words; a word that is too long stands alone, shortened. */
export function wrapped(text: string, limit: number, font: Font): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of harmless(text).split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (textWidth(longer, font) <= limit) line = longer;
    else {
      if (line !== "") lines.push(line);
      line = shortened(word, limit, font);
    }
  }
  return (line === "" ? lines : [...lines, line]).map(literal);
}

/** @file Texts of a figure: how wide they are without a canvas, shortened, broken into lines, and harmless. */
import { printable } from "../table.ts";

/** Advance widths of DejaVu Sans, the widest sans-serif in common use, in thousandths of the font size from U+0020 to U+007E. */
const WIDTHS =
  "318 401 460 838 636 950 780 275 390 390 500 838 318 361 318 337 636 636 636 636 636 636 636 636 636 636 337 337 838 838 838 531 1000 684 686 698 770 632 575 775 752 295 295 656 557 863 748 787 603 787 695 635 611 732 684 989 685 611 685 390 337 390 838 500 500 613 635 550 635 615 352 635 634 278 278 579 278 974 634 612 635 635 411 521 392 634 592 818 592 592 525 636 337 636 838"
    .split(" ")
    .map(Number);
const BOLD = 1.14;
/** Of letters outside ASCII; of the wide ones (East Asian, emoji) the whole size. */
const OTHER = 720;
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
    thousandths += WIDTHS[code - 32] ?? (/\p{M}/u.test(character) ? 0 : WIDE.test(character) ? 1000 : OTHER);
  }
  return (thousandths / 1000) * size * (bold ? BOLD : 1);
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

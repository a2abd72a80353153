/** @file Total orders: of strings by their UTF-8 bytes, of rankings as trec_eval sorts them. */

/** Orders as comparing the UTF-8 bytes would. JavaScript's `<` compares UTF-16 units and puts U+FFxx above the emoji. */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Score descending, then id descending by bytes: trec_eval's order, whatever rank a file states. */
export function byScoreThenId(a: { id: string; score: number }, b: { id: string; score: number }): number {
  return b.score - a.score || compareBytes(b.id, a.id);
}

/** A surrogate stands for a code point above every single unit. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x2800 : unit;
}

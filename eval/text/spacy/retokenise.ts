/** @file spaCy's second pass: special cases that its affix rules would tear apart are put together from the tokens. After spaCy 3.8.18 (MIT, see NOTICE). */
import { WordFilter } from "./word-filter.ts";

interface Node {
  next: Map<string, Node>;
  /** A case ends here. */
  end: boolean;
}

interface Span {
  start: number;
  end: number;
}

export class Retokeniser {
  readonly #starts: WordFilter;
  readonly #cases: ReadonlyMap<string, readonly string[]>;
  readonly #root: Node = { next: new Map(), end: false };

  /** `torn` gives the tokens of a case as the affix rules alone would have them; undefined where they leave it whole. */
  constructor(cases: ReadonlyMap<string, readonly string[]>, torn: (text: string) => readonly string[] | undefined) {
    this.#cases = cases;
    for (const [text, tokens] of cases) {
      const pattern = torn(text);
      // What is one token either way needs no second look.
      if (pattern === undefined || (pattern.length === 1 && tokens.length === 1)) continue;
      let node = this.#root;
      for (const token of pattern) {
        let next = node.next.get(token);
        if (next === undefined) node.next.set(token, (next = { next: new Map(), end: false }));
        node = next;
      }
      node.end = true;
    }
    this.#starts = new WordFilter(this.#root.next.keys());
  }

  /** `findSpaced` gives the places of the tokens that a space follows. */
  apply(texts: string[], findSpaced: () => ReadonlySet<number>): string[] {
    const found = this.#find(texts);
    if (found.length === 0) return texts;
    const spaced = findSpaced();
    const out: string[] = [];
    let at = 0;
    for (const { start, end } of longestFirst(found)) {
      while (at < start) out.push(texts[at++]!);
      const tokens = texts.slice(start, end);
      const apart = tokens.some((_, i) => i < tokens.length - 1 && spaced.has(start + i));
      out.push(...((apart ? undefined : this.#cases.get(tokens.join(""))) ?? tokens));
      at = end;
    }
    while (at < texts.length) out.push(texts[at++]!);
    return out;
  }

  /** Every run of tokens that is a case's, spaces or not. */
  #find(texts: readonly string[]): Span[] {
    const found: Span[] = [];
    const { next } = this.#root;
    for (let start = 0; start < texts.length; start++) {
      const first = texts[start]!;
      if (!this.#starts.mayHold(first, 0, first.length)) continue;
      let node = next.get(first);
      for (let end = start + 1; node !== undefined; end++) {
        if (node.end) found.push({ start, end });
        if (end >= texts.length) break;
        node = node.next.get(texts[end]!);
      }
    }
    return found;
  }
}

/** Without overlaps: the longest, of equals the first; then in order. */
function longestFirst(spans: readonly Span[]): Span[] {
  const taken = new Set<number>();
  const kept: Span[] = [];
  for (const span of [...spans].sort((a, b) => b.end - b.start - (a.end - a.start) || a.start - b.start)) {
    if (!taken.has(span.start) && !taken.has(span.end - 1)) kept.push(span);
    // One that is dropped still keeps others from its tokens.
    for (let at = span.start; at < span.end; at++) taken.add(at);
  }
  return kept.sort((a, b) => a.start - b.start);
}

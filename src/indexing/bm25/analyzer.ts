/** @file From text to index terms: words, lower case, English stop words out, Porter stems. */
import { stemmer } from "stemmer";

export interface Analysis {
  stemming: "porter" | "none";
  stop_words: "english" | "none";
}

/** Lucene's EnglishAnalyzer list. */
const ENGLISH = new Set(
  "a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to was will with".split(
    " ",
  ),
);

/** A word is a run of letters, marks and digits; a possessive 's is dropped, as Lucene's English analysis does. */
const WORD = /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}\p{N}]+)*/gu;
const POSSESSIVE = /['’]s$/;

/** Terms are cut here: a longer one is a damaged text, and stemming it would take long. */
const LONGEST = 255;

export class Analyzer {
  readonly #stems = new Map<string, string>();
  readonly #stem: boolean;
  readonly #stop: ReadonlySet<string>;

  constructor({ stemming, stop_words }: Analysis) {
    this.#stem = stemming === "porter";
    this.#stop = stop_words === "english" ? ENGLISH : new Set();
  }

  terms(text: string): string[] {
    const terms: string[] = [];
    for (const [word] of text.normalize("NFC").toLowerCase().matchAll(WORD)) {
      const term = word.replace(POSSESSIVE, "").slice(0, LONGEST);
      if (term !== "" && !this.#stop.has(term)) terms.push(this.#stem ? this.#stemOf(term) : term);
    }
    return terms;
  }

  #stemOf(term: string): string {
    const known = this.#stems.get(term);
    if (known !== undefined) return known;
    const stem = stemmer(term);
    if (this.#stems.size >= 1 << 18) this.#stems.clear();
    this.#stems.set(term, stem);
    return stem;
  }
}

/** @file BLEU's counts, in the definition of the COCO captions scorer that MS MARCO uses. */

/** Keeps the quotients finite where nothing matches: (correct + 1e-15) / (guessed + 1e-9). */
const TINY = 1e-15;
const SMALL = 1e-9;

export class BleuCounts {
  readonly #correct: Float64Array;
  readonly #guessed: Float64Array;
  #length = 0;
  #referenceLength = 0;

  /** N-grams of 1 to `order` tokens. */
  constructor(order: number) {
    this.#correct = new Float64Array(order);
    this.#guessed = new Float64Array(order);
  }

  add(prediction: readonly string[], references: readonly (readonly string[])[]): void {
    this.#length += prediction.length;
    this.#referenceLength += closest(prediction.length, references);
    for (let n = 1; n <= this.#correct.length; n++) {
      const limits = new Map<string, number>();
      for (const reference of references)
        for (const [gram, count] of grams(reference, n)) limits.set(gram, Math.max(count, limits.get(gram) ?? 0));
      this.#guessed[n - 1]! += Math.max(0, prediction.length - n + 1);
      for (const [gram, count] of grams(prediction, n)) this.#correct[n - 1]! += Math.min(count, limits.get(gram) ?? 0);
    }
  }

  /** The geometric mean of the n-gram precisions, times exp(1 - r / c) for answers shorter than their references. */
  score(): number {
    let product = 1;
    for (let n = 0; n < this.#correct.length; n++) product *= (this.#correct[n]! + TINY) / (this.#guessed[n]! + SMALL);
    const ratio = (this.#length + TINY) / (this.#referenceLength + SMALL);
    return product ** (1 / this.#correct.length) * (ratio < 1 ? Math.exp(1 - 1 / ratio) : 1);
  }
}

/** The reference length nearest to the answer's, the shorter of two that are equally near. */
function closest(length: number, references: readonly (readonly string[])[]): number {
  const lengths = references.map((reference) => reference.length);
  return lengths.reduce((best, each) => {
    const nearer = Math.abs(each - length) - Math.abs(best - length);
    return nearer < 0 || (nearer === 0 && each < best) ? each : best;
  });
}

function grams(tokens: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= tokens.length; i++) {
    const gram = tokens.slice(i, i + n).join(" ");
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

/** @file The k best of a stream of (number, score): higher score first, equal scores by higher number first. */

export interface Scored {
  number: number;
  score: number;
}

/** A binary heap with the worst kept pair at its root. */
export class TopK {
  readonly #size: number;
  readonly #heap: Scored[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  offer(number: number, score: number): void {
    if (this.#heap.length < this.#size) {
      this.#heap.push({ number, score });
      this.#rise(this.#heap.length - 1);
    } else if (this.#size > 0 && worse(this.#heap[0]!, { number, score })) {
      this.#heap[0] = { number, score };
      this.#sink();
    }
  }

  /** Best first. */
  drain(): Scored[] {
    return this.#heap.sort((a, b) => (worse(a, b) ? 1 : -1));
  }

  #rise(from: number): void {
    const heap = this.#heap;
    for (let at = from; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!worse(heap[at]!, heap[parent]!)) return;
      [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
      at = parent;
    }
  }

  #sink(): void {
    const heap = this.#heap;
    for (let at = 0; ;) {
      const left = at * 2 + 1;
      if (left >= heap.length) return;
      const right = left + 1;
      const child = right < heap.length && worse(heap[right]!, heap[left]!) ? right : left;
      if (!worse(heap[child]!, heap[at]!)) return;
      [heap[at], heap[child]] = [heap[child]!, heap[at]!];
      at = child;
    }
  }
}

function worse(a: Scored, b: Scored): boolean {
  return a.score < b.score || (a.score === b.score && a.number < b.number);
}

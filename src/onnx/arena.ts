/** @file ONNX Runtime's CPU arena (its BFC allocator) without the memory: which addresses a run of allocations would touch. */

interface Chunk {
  region: number;
  /** Bytes from the start of the region. */
  at: number;
  size: number;
  free: boolean;
  previous: Chunk | null;
  next: Chunk | null;
}

const UNIT = 256;
const FIRST_REGION = 1 << 20;
/** A region never doubles beyond it on its own. */
const LARGEST_GROWTH = 2 ** 30;
/** A larger rest of a chunk is split off, however large the request. */
const LARGEST_WASTE = 128 << 20;

/** Regions double and are never given back; the smallest free chunk that fits is taken, and split where half of it would be left. */
export class Arena {
  /** Sorted by size, then region (a later one lies lower), then place. */
  readonly #free: Chunk[] = [];
  readonly #touched: number[] = [];
  #growth = FIRST_REGION;

  allocate(bytes: number): Chunk {
    const size = Math.ceil(bytes / UNIT) * UNIT;
    let index = this.#search((chunk) => chunk.size >= size);
    if (index === this.#free.length) {
      this.#extend(size);
      index = this.#search((chunk) => chunk.size >= size);
    }
    const chunk = this.#free.splice(index, 1)[0]!;
    chunk.free = false;
    if (chunk.size >= 2 * size || chunk.size - size >= LARGEST_WASTE) this.#split(chunk, size);
    this.#touched[chunk.region] = Math.max(this.#touched[chunk.region] ?? 0, chunk.at + bytes);
    return chunk;
  }

  release(chunk: Chunk): void {
    chunk.free = true;
    let whole = chunk;
    if (chunk.next?.free) this.#merge(chunk, chunk.next);
    if (chunk.previous?.free) {
      whole = chunk.previous;
      this.#remove(whole);
      this.#merge(whole, chunk, { listed: false });
    }
    this.#insert(whole);
  }

  /** Bytes that were ever written to: what the process keeps. Each region is used from its start. */
  get touched(): number {
    return this.#touched.reduce((sum, bytes) => sum + bytes, 0);
  }

  #extend(size: number): void {
    let grown = false;
    for (; this.#growth < size; this.#growth *= 2) grown = true;
    const region = this.#touched.length;
    this.#touched.push(0);
    this.#insert({ region, at: 0, size: this.#growth, free: true, previous: null, next: null });
    if (!grown) this.#growth = Math.min(2 * this.#growth, LARGEST_GROWTH);
  }

  #split(chunk: Chunk, size: number): void {
    const { region, at, next } = chunk;
    const rest: Chunk = { region, at: at + size, size: chunk.size - size, free: true, previous: chunk, next };
    if (next) next.previous = rest;
    chunk.next = rest;
    chunk.size = size;
    this.#insert(rest);
  }

  #merge(chunk: Chunk, next: Chunk, { listed = true } = {}): void {
    if (listed) this.#remove(next);
    chunk.size += next.size;
    chunk.next = next.next;
    if (next.next) next.next.previous = chunk;
  }

  #insert(chunk: Chunk): void {
    this.#free.splice(
      this.#search((other) => compare(other, chunk) > 0),
      0,
      chunk,
    );
  }

  #remove(chunk: Chunk): void {
    this.#free.splice(
      this.#search((other) => compare(other, chunk) >= 0),
      1,
    );
  }

  /** The first free chunk for which `holds`, which all later ones share. */
  #search(holds: (chunk: Chunk) => boolean): number {
    let [low, high] = [0, this.#free.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (holds(this.#free[middle]!)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

const compare = (a: Chunk, b: Chunk): number => a.size - b.size || b.region - a.region || a.at - b.at;

/** @file Typed arrays that grow by doubling, and what is done with bytes in them. */

/** Bytes end to end. */
export class GrowingBytes {
  #data = new Uint8Array(1 << 16);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Returns the FNV-1a hash (32 bits) of what was appended: the bytes are at hand anyway. */
  append(bytes: Uint8Array, start: number, end: number): number {
    const length = this.#length + end - start;
    if (length > 0xffff_ffff) throw new RangeError("more than 4 GiB of ids do not fit one table; split the file");
    if (length > this.#data.length) {
      const grown = new Uint8Array(Math.max(this.#data.length * 2, length));
      grown.set(this.#data.subarray(0, this.#length));
      this.#data = grown;
    }
    // A loop beats set(subarray()) for ids of a few dozen bytes.
    const data = this.#data;
    let hash = 0x811c9dc5;
    for (let i = start, j = this.#length; i < end; i++, j++) {
      const byte = bytes[i]!;
      data[j] = byte;
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
    this.#length = length;
    return hash >>> 0;
  }

  /** What was appended, without a copy; valid until the next append. */
  view(): Uint8Array {
    return this.#data.subarray(0, this.#length);
  }
}

export class GrowingUint32 {
  #data = new Uint32Array(1 << 12);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#data.length) {
      const grown = new Uint32Array(this.#data.length * 2);
      grown.set(this.#data);
      this.#data = grown;
    }
    this.#data[this.#length++] = value;
  }

  view(): Uint32Array {
    return this.#data.subarray(0, this.#length);
  }
}

export class GrowingFloat64 {
  #data = new Float64Array(1 << 12);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#data.length) {
      const grown = new Float64Array(this.#data.length * 2);
      grown.set(this.#data);
      this.#data = grown;
    }
    this.#data[this.#length++] = value;
  }

  view(): Float64Array {
    return this.#data.subarray(0, this.#length);
  }
}

/** FNV-1a, 32 bits. */
export function hashBytes(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** strcmp over two ranges of one array. */
export function compareByteRanges(
  bytes: Uint8Array,
  { aStart, aEnd, bStart, bEnd }: { aStart: number; aEnd: number; bStart: number; bEnd: number },
): number {
  const common = Math.min(aEnd - aStart, bEnd - bStart);
  for (let i = 0; i < common; i++) {
    const difference = bytes[aStart + i]! - bytes[bStart + i]!;
    if (difference !== 0) return difference;
  }
  return aEnd - aStart - (bEnd - bStart);
}

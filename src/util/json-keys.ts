/** @file Finds a key that an object repeats: one hash table for all open objects of a value, so that no key allocates. */

const FIELDS = 4; // object, hash, begin, end

export class KeyTable {
  #mask = 255;
  #slots = new Int32Array(256 * FIELDS);
  #used = 0;
  /** Objects are numbered for ever upwards; a slot of a number up to `#floor` is of an earlier value and free. */
  #last = 0;
  #floor = 0;

  startValue(): void {
    if (this.#last > 0x3fff_ffff) {
      this.#slots.fill(0);
      this.#last = 0;
    }
    this.#floor = this.#last;
    this.#used = 0;
  }

  openObject(): number {
    return ++this.#last;
  }

  /** Notes the key between two quotes of `bytes`; false when its object has it already. */
  add({ bytes, object, begin, end, escaped }: { bytes: Buffer; object: number; begin: number; end: number; escaped: boolean }): boolean {
    const raw = escaped ? Buffer.from(keyText(bytes, begin, end)) : bytes;
    let hash = Math.imul(object, 0x9e3779b1);
    const from = escaped ? 0 : begin;
    const to = escaped ? raw.length : end;
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ raw[i]!, 0x01000193);
    hash ^= hash >>> 15;
    if (this.#used * 2 > this.#mask) this.#grow();
    const slots = this.#slots;
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const at = slot * FIELDS;
      if (slots[at]! <= this.#floor) {
        slots[at] = object;
        slots[at + 1] = hash;
        slots[at + 2] = begin;
        slots[at + 3] = end;
        this.#used++;
        return true;
      }
      if (slots[at + 1] === hash && slots[at] === object) {
        if (keyText(bytes, begin, end) === keyText(bytes, slots[at + 2]!, slots[at + 3]!)) return false;
      }
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#mask = this.#mask * 2 + 1;
    this.#slots = new Int32Array((this.#mask + 1) * FIELDS);
    for (let from = 0; from < old.length; from += FIELDS) {
      if (old[from]! <= this.#floor) continue;
      let slot = old[from + 1]! & this.#mask;
      while (this.#slots[slot * FIELDS]! > this.#floor) slot = (slot + 1) & this.#mask;
      this.#slots.set(old.subarray(from, from + FIELDS), slot * FIELDS);
    }
  }
}

/** What the escapes of a key stand for: "\u0061" and "a" are one key. */
function keyText(bytes: Buffer, begin: number, end: number): string {
  return JSON.parse(bytes.toString("utf8", begin - 1, end + 1)) as string;
}

/** @file Passage lengths as Lucene stores them: one byte, exact up to 40 terms, then four significant bits. */

/** The length Lucene would score with. */
export function quantise(length: number): number {
  return decode(encode(length));
}

const FREE = 255 - floatLike(0x7fff_ffff);

function encode(length: number): number {
  return length < FREE ? length : FREE + floatLike(length - FREE);
}

function decode(byte: number): number {
  return byte < FREE ? byte : FREE + floatLikeToNumber(byte - FREE);
}

/** Lucene's SmallFloat.longToInt4: the highest four bits and their place. */
function floatLike(value: number): number {
  const bits = 32 - Math.clz32(value);
  if (bits < 4) return value;
  const shift = bits - 4;
  return ((value >>> shift) & 7) | ((shift + 1) << 3);
}

function floatLikeToNumber(code: number): number {
  const shift = (code >>> 3) - 1;
  return shift === -1 ? code & 7 : ((code & 7) | 8) * 2 ** shift;
}

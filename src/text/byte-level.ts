/** @file GPT-2's byte-level alphabet and word pattern, as Python's tokenizers has them. */

/** Python's \s is the Unicode property: it has U+0085 and lacks U+FEFF, where JavaScript's \s has it the other way round. */
export const BYTE_LEVEL_PATTERN =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** The printable character that stands for each byte: itself, or the next one from U+0100. */
export const BYTE_CHARACTERS: readonly string[] = (() => {
  const printable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
})();

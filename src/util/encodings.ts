/** @file Recognises bytes that were taken for UTF-8 text. */

export const ENCODINGS = {
  "utf-16": "this is UTF-16; save it as UTF-8",
  gzip: "this is gzip; name the file .gz, or unpack what is piped",
  zip: "this is a ZIP archive; unpack it and give the file inside",
  mark: "a byte order mark, allowed only at the start of a file",
  nul: "NUL bytes, as a power cut leaves them; restore the file",
} as const;

/** What is foreign about a line of text, which its reader would call a wrong number of columns; undefined where nothing is. */
export function foreignLine(bytes: Uint8Array): string | undefined {
  const encoding = encodingOf(bytes);
  if (encoding !== undefined) return ENCODINGS[encoding];
  if (bytes.includes(13)) return "a carriage return alone does not end a line; convert the file to LF line ends";
  return bytes.includes(0) ? "it holds NUL bytes; restore the file" : undefined;
}

export function encodingOf(head: Uint8Array): keyof typeof ENCODINGS | undefined {
  const [a, b, c] = head;
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return "utf-16";
  if (a === 0x1f && b === 0x8b) return "gzip";
  if (a === 0x50 && b === 0x4b && c === 3) return "zip";
  if (a === 0xef && b === 0xbb && c === 0xbf) return "mark";
  if (a === 0 && b === 0) return "nul";
  return a === 0 || b === 0 ? "utf-16" : undefined;
}

/** @file Text from data must not drive the terminal: control characters and direction overrides become visible. */

// C0 but tab and line feed, DEL, C1, bidirectional marks and overrides, line and paragraph separators, byte order mark.
// oxlint-disable-next-line no-control-regex -- the control characters are what is replaced
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

export function escapeText(text: string): string {
  return text.replace(UNSAFE, (char) => {
    const code = char.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

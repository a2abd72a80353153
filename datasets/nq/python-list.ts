/** @file A Python list of strings as `repr` writes it: 'single' or "double" quotes, backslash escapes. */

/** The strings, or undefined where the text is no such list. Nothing is evaluated. */
export function pythonStrings(text: string): string[] | undefined {
  const body = /^\s*\[(.*)\]\s*$/s.exec(unquoteCell(text))?.[1];
  if (body === undefined) return undefined;
  const strings: string[] = [];
  const item = /\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*(,|$)/sy;
  while (item.lastIndex < body.length && body.slice(item.lastIndex).trim() !== "") {
    const match = item.exec(body);
    if (match === null) return undefined;
    strings.push(unescape(match[1] ?? match[2]!));
  }
  return strings;
}

/** The csv module doubles quotes inside a cell that it had to quote. */
const unquoteCell = (text: string): string => (/^".*"$/s.test(text) ? text.slice(1, -1).replaceAll('""', '"') : text);

const PLAIN: Record<string, string> = { n: "\n", t: "\t", r: "\r" };

function unescape(text: string): string {
  return text.replace(/\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|(.))/gis, (_, two: string | undefined, four: string | undefined, one: string) => {
    const code = two ?? four;
    return code === undefined ? (PLAIN[one] ?? one) : String.fromCharCode(Number.parseInt(code, 16));
  });
}

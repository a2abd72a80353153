/** @file Two columns of text in the width of the terminal. */

export interface Row {
  left: string;
  right: string;
}

/** Left column as wide as most entries need; longer ones take a line of their own. */
export function twoColumns(rows: readonly Row[], columns: number): string[] {
  const widest = Math.max(0, ...rows.map(({ left }) => left.length).filter((length) => length <= 30));
  const indent = 2 + widest + 2;
  return rows.flatMap(({ left, right }) => {
    const lines = wrap(right, Math.max(30, columns - indent));
    if (left.length > widest) return [`  ${left}`, ...lines.map((line) => " ".repeat(indent) + line)];
    return lines.map((line, index) => (index === 0 ? `  ${left.padEnd(widest)}  ` : " ".repeat(indent)) + line);
  });
}

export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** @file Citation markers in an answer: [1], [1][2], [1, 2] or [1-3], numbers of the passages in its prompt. */

/** Three digits at most: [2019] is a year, and no prompt holds a thousand passages. */
const ITEM = String.raw`\d{1,3}(?:\s*[-–]\s*\d{1,3})?`;
const MARKER = new RegExp(String.raw`\[\s*(${ITEM}(?:\s*[,;]\s*${ITEM})*)\s*\]`, "g");
const MARKER_AFTER_BLANKS = new RegExp(String.raw`\s*${MARKER.source}`, "g");

export interface CitedNumbers {
  /** Different numbers from 1 to `shown`, ascending. */
  within: number[];
  /** Different numbers that no passage of the prompt has; what a range has of them counts once. */
  beyond: number;
}

/** `shown`: how many passages the prompt had. */
export function citedNumbers(answer: string, shown: number): CitedNumbers {
  const within = new Set<number>();
  const beyond = new Set<number>();
  for (const [, list] of answer.matchAll(MARKER))
    for (const item of list!.split(/[,;]/)) {
      const ends = item.split(/[-–]/).map(Number);
      const [low, high] = [Math.min(...ends), Math.max(...ends)];
      for (let number = Math.max(low, 1); number <= Math.min(high, shown); number++) within.add(number);
      if (high > shown) beyond.add(Math.max(low, shown + 1));
      if (low < 1) beyond.add(low);
    }
  return { within: [...within].sort((a, b) => a - b), beyond: beyond.size };
}

/** The answer without its markers and the blanks before them, as ALCE compares it with references. */
export function withoutCitations(answer: string): string {
  return answer.replace(MARKER_AFTER_BLANKS, "");
}

/** Whether there is a marker in the answer. */
export function holdsCitations(answer: string): boolean {
  return answer.search(MARKER) !== -1;
}

/** @file A pool as conversations make it, of random tokens: session with response, passage, prompt and response, of uneven lengths. */

export interface BenchSequence {
  ids: number[];
  emb: { start: number; length: number };
  response: { start: number; length: number } | null;
}

/** Sample i is row i of every pass. */
export type ConversationPool = Record<"G" | "P" | "X" | "R", BenchSequence[]>;

const SAMPLES = 4;
/** Tokens before EMB of the shortest sequence of each pass, and how many more each next sample has. */
const BEFORE = { G: [144, 16], P: [96, 8], X: [224, 16], R: [24, 8] } as const;
const RESPONSE = [24, 8] as const;

/** About 2,400 tokens over the four passes. */
export function conversationPool(token: () => number): ConversationPool {
  const tokens = (count: number): number[] => Array.from({ length: count }, token);
  const of = (pass: keyof ConversationPool): BenchSequence[] =>
    Array.from({ length: SAMPLES }, (_, sample) => {
      const before = BEFORE[pass][0] + sample * BEFORE[pass][1];
      const answer = pass === "G" ? RESPONSE[0] + sample * RESPONSE[1] : 0;
      return {
        ids: tokens(before + 1 + answer),
        emb: { start: before, length: 1 },
        response: answer > 0 ? { start: before + 1, length: answer } : null,
      };
    });
  return { G: of("G"), P: of("P"), X: of("X"), R: of("R") };
}

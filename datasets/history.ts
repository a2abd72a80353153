/** @file The flat [q1, r1, q2, r2, …] contexts of many datasets as exchanges. */
import type { Exchange } from "../src/schema/records.ts";

export function pairUp(context: readonly string[]): Exchange[] {
  if (context.length % 2 !== 0) throw new RangeError(`a context of question-response pairs has even length, not ${context.length}`);
  return Array.from({ length: context.length / 2 }, (_, i) => ({ question: context[2 * i]!, response: context[2 * i + 1]! }));
}

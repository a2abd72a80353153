/** @file Refuses patterns of a tokenizer.json that could take exponential time: by their shape, then by a timed trial. */
import { createContext, runInContext } from "node:vm";
import { library } from "./library.ts";

const MAX_LENGTH = 10_000;
const TRIAL_MS = 500;
/** A repetition counts as unbounded from here on: {1,20} nested in itself is as slow as +. */
const LARGE_BOUND = 16;

/** The reason to refuse the pattern, or undefined when it is fine. */
export function patternFault(source: string): string | undefined {
  if (source.length > MAX_LENGTH) return `is ${source.length} characters long, at most ${MAX_LENGTH} are read`;
  const shape = shapeFault(source);
  if (shape !== undefined) return shape;
  let regex: RegExp | null;
  try {
    regex = new library.SplitPreTokenizer({ type: "Split", pattern: { Regex: source }, behavior: "Isolated" }).pattern ?? null;
  } catch (error) {
    return `is no valid pattern (${(error as Error).message})`;
  }
  return regex === null ? "is empty" : trialFault(regex);
}

/** One level of parentheses: what its quantifier would repeat. */
interface Level {
  repeats: boolean;
  alternatives: boolean;
}

/** A repeated group that itself repeats, or chooses, can match one text in exponentially many ways. */
function shapeFault(source: string): string | undefined {
  const levels: Level[] = [{ repeats: false, alternatives: false }];
  let closed: Level | undefined;
  for (let at = 0; at < source.length;) {
    const char = source[at]!;
    const quantifier = /^(?:[*+]|\{(\d+)(,?)(\d*)\})/.exec(source.slice(at, at + 24));
    if (quantifier !== null && isUnbounded(quantifier)) {
      if (closed !== undefined && (closed.repeats || closed.alternatives))
        return `repeats a group that ${closed.repeats ? "repeats" : "chooses"} (near character ${at}), which can take exponential time`;
      levels.at(-1)!.repeats = true;
      at += quantifier[0].length;
      closed = undefined;
      continue;
    }
    closed = undefined;
    if (char === "\\") {
      if (/[1-9k]/.test(source[at + 1] ?? "")) return "refers back to a group, which can take exponential time";
      at += 2;
    } else if (char === "[") at = endOfClass(source, at);
    else {
      if (char === "(") levels.push({ repeats: false, alternatives: false });
      else if (char === "|") levels.at(-1)!.alternatives = true;
      else if (char === ")" && levels.length > 1) {
        closed = levels.pop()!;
        const parent = levels.at(-1)!;
        parent.repeats ||= closed.repeats;
        parent.alternatives ||= closed.alternatives;
      }
      at++;
    }
  }
  return undefined;
}

function isUnbounded([text, low, comma, high]: RegExpExecArray): boolean {
  if (low === undefined) return text === "*" || text === "+";
  const most = high !== "" ? Number(high) : comma === "," ? Infinity : Number(low);
  return most >= LARGE_BOUND;
}

/** The index after the class that opens at `start`; classes nest in Oniguruma. */
function endOfClass(source: string, start: number): number {
  let depth = 0;
  for (let at = start; at < source.length; at++) {
    const char = source[at];
    if (char === "\\") at++;
    else if (char === "[") depth++;
    else if (char === "]" && --depth === 0) return at + 1;
  }
  return source.length;
}

const TRIAL_TEXTS = ["a", "A", "1", " ", "\n", "!", "é", "'s", "a ", "1a", " \n"].map((unit) => `${unit.repeat(4000 / unit.length)}\u0001`);

function trialFault(regex: RegExp): string | undefined {
  const context = createContext({ regex, text: "" });
  for (const text of TRIAL_TEXTS) {
    context["text"] = text;
    try {
      runInContext("text.match(regex)", context, { timeout: TRIAL_MS });
    } catch (error) {
      if ((error as { code?: string }).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
      return `took more than ${TRIAL_MS} ms on 4,000 times ${JSON.stringify(text.slice(0, 2))}`;
    }
  }
  return undefined;
}

/** @file The quickstart sample is what its card says: reproducible, small, and a test of reading the history. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { generateQuickstart } from "../../datasets/quickstart/generate.ts";
import { openings, pronouns, questions, switches } from "../../datasets/quickstart/wordings.ts";
import { datasetFolder } from "../../datasets/registry.ts";

interface RawTurn {
  question: string;
  answer: string;
  passage: string;
  topic_shift: string;
  asked_in_training: boolean;
}
interface RawConversation {
  id: string;
  split: "train" | "dev" | "test";
  turns: RawTurn[];
}

const folder = join(datasetFolder("quickstart"), "data");
const lines = <T>(name: string): T[] =>
  readFileSync(join(folder, name), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as T);
const conversations = lines<RawConversation>("conversations.jsonl");
const passages = new Map(lines<{ id: string; title: string; text: string }>("passages.jsonl").map((passage) => [passage.id, passage]));
const turnsOf = (split: string): RawTurn[] =>
  conversations.filter((conversation) => conversation.split === split).flatMap(({ turns }) => turns);
const words = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

describe("the generator", () => {
  test("writes the committed bytes again", () => {
    for (const [name, content] of generateQuickstart()) {
      expect(readFileSync(join(folder, name), "utf8") === content, `${name} is as generated`).toBe(true);
    }
  });

  test("shares no question pattern, opening or switch between the splits", () => {
    const patterns = (split: "train" | "dev" | "test"): string[] => Object.values(questions[split]).flat();
    const all = [...patterns("train"), ...patterns("dev"), ...patterns("test")];
    expect(new Set(all).size).toBe(all.length);
    // "{q}" is the bare question: no wording at all.
    const frames = (["train", "dev", "test"] as const).flatMap((split) =>
      [...new Set([...openings[split], ...switches[split]])].filter((frame) => frame !== "{q}"),
    );
    expect(new Set(frames).size).toBe(frames.length);
    expect(pronouns.test.length).toBeGreaterThan(0);
  });
});

describe("the sample", () => {
  test("has at least 150 passages, 100 training and 15 held-out conversations, 60 held-out turns", () => {
    expect(passages.size).toBeGreaterThanOrEqual(150);
    const count = (split: string) => conversations.filter((conversation) => conversation.split === split).length;
    expect([count("train"), count("dev"), count("test")]).toEqual([100, 12, 36]);
    expect([turnsOf("train").length, turnsOf("dev").length, turnsOf("test").length]).toEqual([435, 50, 162]);
  });

  test("repeats no question string of one split in another", () => {
    const seen = new Map<string, string>();
    for (const { split, turns } of conversations) {
      for (const { question } of turns) {
        expect(seen.get(question) ?? split, question).toBe(split);
        seen.set(question, split);
      }
    }
  });

  test("uses no word in a held-out question that the training text does not hold", () => {
    const known = new Set([
      ...turnsOf("train").flatMap((turn) => words(turn.question)),
      ...[...passages.values()].flatMap((passage) => words(passage.text)),
    ]);
    const unknown = [...turnsOf("dev"), ...turnsOf("test")].flatMap((turn) => words(turn.question)).filter((word) => !known.has(word));
    expect(new Set(unknown)).toEqual(new Set());
  });

  test("names the film in the first question about it and never in a follow-up", () => {
    for (const { question, passage, topic_shift: shift } of conversations.flatMap(({ turns }) => turns)) {
      const [invented] = passages.get(passage)!.title.split(" ");
      expect(question.includes(invented!), question).toBe(shift !== "continue");
    }
  });

  test("answers with words of the gold passage, but for the little words", () => {
    const little = new Set(["in", "as", "a", "on", "the", "weeks"]);
    for (const { answer, passage } of conversations.flatMap(({ turns }) => turns)) {
      const text = new Set(words(passages.get(passage)!.text));
      for (const word of words(answer)) if (!little.has(word)) expect(text.has(word), `"${word}" of "${answer}" in ${passage}`).toBe(true);
    }
  });

  test("marks the facts that no training conversation asks for, a fifth of all", () => {
    const asked = new Set(turnsOf("train").map(({ passage }) => passage));
    for (const turn of conversations.flatMap(({ turns }) => turns)) expect(turn.asked_in_training).toBe(asked.has(turn.passage));
    expect(turnsOf("test").filter((turn) => !turn.asked_in_training).length).toBeGreaterThanOrEqual(30);
  });

  test("cannot be searched by the words of the last question alone: most gold passages share fewer words with it than others do", () => {
    const followUps = turnsOf("test").filter((turn) => turn.topic_shift === "continue");
    const ranks = followUps.map(({ question, passage }) => {
      const asked = new Set(words(question));
      const overlap = (text: string): number => new Set(words(text).filter((word) => asked.has(word))).size;
      const own = overlap(passages.get(passage)!.text);
      return [...passages.values()].filter(({ text }) => overlap(text) >= own).length;
    });
    expect(ranks.filter((rank) => rank <= 3).length / ranks.length).toBeLessThan(0.1);
  });
});

/** @file The fast reader of context arrays gives exactly what the plain reader of JSON arrays gives. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ArrayElement, ContextArray, readContextArray } from "../../datasets/context-array.ts";
import { readJsonArray } from "../../src/util/json-stream.ts";

const folder = mkdtempSync(join(tmpdir(), "uniconv-context-"));

async function plainly(text: string | Buffer): Promise<ArrayElement[] | string> {
  const file = join(folder, "array.json");
  writeFileSync(file, text);
  const elements: ArrayElement[] = [];
  try {
    for await (const { value, line } of readJsonArray(file)) elements.push({ value, line });
    return elements;
  } catch (error) {
    return (error as Error).message;
  }
}

async function fast(text: string | Buffer): Promise<ArrayElement[] | string> {
  const file = join(folder, "array.json");
  writeFileSync(file, text);
  try {
    const elements: ArrayElement[] = [];
    for await (const batch of readContextArray(file)) elements.push(...batch);
    return elements;
  } catch (error) {
    return (error as Error).message;
  }
}

function inPieces(text: string, size: number): ArrayElement[] {
  const bytes = Buffer.from(text);
  const array = new ContextArray("array.json");
  const elements: ArrayElement[] = [];
  for (let at = 0; at < bytes.length; at += size) elements.push(...array.take(Buffer.from(bytes.subarray(at, at + size))));
  return [...elements, ...array.finish()];
}

/** Conversations as TopiOCQA writes them, now and then with a context that does not go on from the last one. */
const utterance = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom("", "yes", '"', "\\", "a, b]", "ü\u2028", "\u{1f600}"),
);
const conversation = fc
  .array(fc.record({ question: utterance, answer: utterance, odd: fc.integer({ min: 0, max: 9 }) }), { maxLength: 6 })
  .map((turns) =>
    turns.map(({ question, answer, odd }, i) => ({
      Context: turns.slice(odd === 0 ? 1 : 0, i).flatMap((turn) => (odd === 1 ? [turn.question] : [turn.question, turn.answer])),
      Turn_no: i + 1,
      Question: question,
      ...(odd === 2 ? { Extra: [{ Context: ["inner"] }] } : {}),
      Answer: answer,
    })),
  );
const conversations = fc.array(conversation, { maxLength: 4 }).map((all) => all.flat());
const indent = fc.constantFrom(undefined, 1, 4, "\t");

describe("readContextArray", () => {
  test("gives the same values and lines as the plain reader, whatever the pieces", async () => {
    await fc.assert(
      fc.asyncProperty(conversations, indent, fc.integer({ min: 1, max: 300 }), async (turns, space, size) => {
        const text = JSON.stringify(turns, undefined, space);
        const expected = await plainly(text);
        expect(expected).toHaveLength(turns.length);
        expect(inPieces(text, size)).toEqual(expected);
        expect(await fast(text)).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });

  test("gives the same error as the plain reader for any damaged byte and any cut", async () => {
    const turns = [0, 1, 2].map((i) => ({
      Context: Array.from({ length: 2 * i }, (_, k) => `s${k}`),
      Turn_no: i + 1,
      Question: `q${i}`,
      Answer: `a${i}`,
    }));
    const text = Buffer.from(JSON.stringify(turns, undefined, 2));
    for (let at = 0; at < text.length; at++) {
      const damaged = Buffer.from(text);
      damaged[at] = damaged[at] === 0x22 ? 0x27 : 0x22;
      expect(await fast(damaged), `a quote at or off byte ${at}`).toEqual(await plainly(damaged));
      expect(await fast(text.subarray(0, at)), `cut at byte ${at}`).toEqual(await plainly(text.subarray(0, at)));
    }
  });

  test("refuses a second Context, bytes that are not UTF-8 and text behind the array", async () => {
    const head = '[{"Context":[],"Q":"a"},{"Context":["a","b"],"Q":"c"';
    for (const text of [
      `${head},"Context":[]}]`,
      `${head}}] []`,
      Buffer.concat([Buffer.from(`${head},"X":"`), Buffer.from([0xff]), Buffer.from('"}]')]),
    ]) {
      const message = await fast(text);
      expect(message).toBeTypeOf("string");
      expect(message).toBe(await plainly(text));
    }
  });

  test("reads arrays of other things as well", async () => {
    for (const text of [
      "[]",
      "[1, 22, 333]",
      '[{"Context":"text"},{"Context":[1,2]},{"Context":[[],[]]}]',
      '[{"Other":1,"Context":["a","b"]},{"Other":1,"Context":["a","b","c","d"]}]',
    ]) {
      expect(await fast(text)).toEqual(await plainly(text));
      expect(inPieces(text, 1)).toEqual(await plainly(text));
    }
  });
});

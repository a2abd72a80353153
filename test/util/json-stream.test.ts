/** @file Huge arrays and objects, an element at a time. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DataError } from "../../src/util/errors.ts";
import { readJsonArray, readJsonObject } from "../../src/util/json-stream.ts";
import { tempDir } from "../helpers/temp.ts";

const isSmall = (value: unknown) => !/\d{16}/.test(JSON.stringify(value)); // JSON.stringify, which indents here, writes 2^53 and more as integers.
const value = fc.jsonValue({ noUnicodeString: false, depthSize: "small" }).filter(isSmall);
const indent = fc.constantFrom(0, 2, "\t");
const chunkBytes = fc.integer({ min: 1, max: 50 });

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const out: T[] = [];
  for await (const item of source) out.push(item);
  return out;
}

const lineOf = (text: string, at: number) => text.slice(0, at).split("\n").length;

describe("readJsonArray", () => {
  test("gives the elements of any array, read in pieces of any size", async () => {
    const path = join(tempDir(), "a.json");
    await fc.assert(
      fc.asyncProperty(fc.array(value, { maxLength: 6 }), indent, chunkBytes, async (values, space, size) => {
        const text = JSON.stringify(values, null, space);
        writeFileSync(path, text);
        const read = await all(readJsonArray(path, { chunkBytes: size }));
        expect(read.map((element) => element.value)).toStrictEqual(JSON.parse(text));
        expect(read.map(({ index }) => index)).toEqual(values.map((_, i) => i));
      }),
      { numRuns: 200 },
    );
  });

  test("a file torn at any byte gives a prefix of the elements, then an error", async () => {
    const path = join(tempDir(), "a.json");
    await fc.assert(
      fc.asyncProperty(fc.array(value, { maxLength: 5 }), indent, chunkBytes, fc.nat(), async (values, space, size, where) => {
        const bytes = Buffer.from(JSON.stringify(values, null, space));
        writeFileSync(path, bytes.subarray(0, where % bytes.length));
        const read: unknown[] = [];
        const reading = (async () => {
          for await (const element of readJsonArray(path, { chunkBytes: size })) read.push(element.value);
        })();
        await expect(reading).rejects.toThrow(DataError);
        await expect(reading).rejects.toThrow(/ends inside a JSON value|the file is empty|not UTF-8/);
        const whole = JSON.parse(bytes.toString()) as unknown[];
        expect(read.length).toBeLessThanOrEqual(whole.length);
        // A torn number is still a number: only what came before the last one read is certain.
        expect(read.slice(0, -1)).toStrictEqual(whole.slice(0, Math.max(0, read.length - 1)));
      }),
      { numRuns: 300 },
    );
  });

  test.each([1, 3, 7, 1 << 18])("lines and bytes are those of the file, read %i bytes at once", async (size) => {
    const path = join(tempDir(), "a.json");
    const text = '[{"a":\n1},\n\n  {"b":"é"}, 3,\n {"c":[\n  4, 5 6]}]';
    writeFileSync(path, text);
    const lines: number[] = [];
    const reading = (async () => {
      for await (const { line } of readJsonArray(path, { chunkBytes: size })) lines.push(line);
    })();
    await expect(reading).rejects.toThrow(/a\.json:6: byte 8: expected ',' or '\]', found '6'/);
    expect(lines).toEqual([1, 4, 4]);
    const long = `[${'{"k":"v"},'.repeat(50)}{"k":"v",}]`;
    writeFileSync(path, long);
    await expect(all(readJsonArray(path, { chunkBytes: size }))).rejects.toThrow(
      `a.json:1: byte ${long.length - 1}: expected a key, found '}'`,
    );
  });

  test.each([
    ["", /the file is empty, expected a JSON array/],
    ['{"a":1}\n', /a\.json:1: byte 1: expected a JSON array, which begins with '\['/],
    ["[1,]", /byte 4: a comma before '\]'/],
    ["[,1]", /byte 2: expected a value, found ','/],
    ["[1 2]", /byte 4: expected ',' or '\]'/],
    ["[1]\n[2]", /a\.json:2: byte 1: more text after the JSON value/],
    ["[1", /the file ends inside a JSON value/],
    ["[1,", /the file ends inside a JSON value/],
    ['[{"a":1,"a":2}]', /byte 9: the key "a" is there twice/],
    ["[9007199254740993]", /byte 2: an integer beyond 2\^53/],
  ])("refuses %j", async (text, message) => {
    const path = join(tempDir(), "a.json");
    writeFileSync(path, text);
    await expect(all(readJsonArray(path))).rejects.toThrow(message);
  });
});

describe("readJsonObject", () => {
  test("gives the members of any object in the order of the file, with their lines", async () => {
    const path = join(tempDir(), "o.json");
    const members = fc.uniqueArray(fc.tuple(fc.string(), value), { selector: ([key]) => key, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(members, indent, chunkBytes, async (entries, space, size) => {
        const parts = entries.map(([key, member]) => `${JSON.stringify(key)}: ${JSON.stringify(member, null, space)}`);
        const text = `{\n${parts.join("\n,")}}`;
        writeFileSync(path, text);
        const read = await all(readJsonObject(path, { chunkBytes: size }));
        expect(read.map((member) => [member.key, member.value])).toStrictEqual(
          entries.map(([key, member]) => [key, JSON.parse(JSON.stringify(member)) as unknown]),
        );
        let at = 2;
        expect(read.map(({ line }) => line)).toEqual(parts.map((part) => lineOf(text, (at += part.length + 2) - part.length - 2)));
      }),
      { numRuns: 200 },
    );
  });

  test.each([
    ["[]", /expected a JSON object, which begins with '\{'/],
    ['{"a":1,\n"b":2,\n"\\u0061":3}', /o\.json:3: the key "a" is in line 1 already/],
    ["{1:2}", /expected a key in quotes/],
    ['{"a" 1}', /byte 6: expected ':'/],
    ['{"a":1,}', /a comma before '\}'/],
    ['{"a":', /the file ends inside a JSON value/],
    ['{"a":1}}', /more text after/],
  ])("refuses %j", async (text, message) => {
    const path = join(tempDir(), "o.json");
    writeFileSync(path, text);
    await expect(all(readJsonObject(path))).rejects.toThrow(message);
  });
});

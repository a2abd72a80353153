/** @file Passages are found by their ids without parsing the others. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readPassagesOf, readRowsOf } from "../../src/util/passage-lines.ts";

const file = join(mkdtempSync(join(tmpdir(), "uniconv-passages-")), "passages.jsonl");

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

test("the wanted passages and their rows are those that parsing every line would find", async () => {
  const id = fc.oneof(
    fc.string({ minLength: 1, maxLength: 4, unit: "grapheme" }),
    fc.constantFrom('a"b', "a\\b", "http://x/_p1", "Title: 3", "ü"),
  );
  const passage = fc.record({
    id: id.filter((text) => /^[^\p{Cc}]+$/u.test(text)),
    title: fc.string({ maxLength: 3 }),
    text: fc.string({ maxLength: 9 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(passage, { minLength: 1, maxLength: 12 }), fc.nat(), async (passages, some) => {
      // JSON.stringify leaves ü as it is; other writers escape it.
      writeFileSync(
        file,
        passages.map((one, at) => `${at % 3 === 0 ? JSON.stringify(one).replaceAll("ü", "\\u00fc") : JSON.stringify(one)}\n`).join(""),
      );
      const wanted = new Set([passages[some % passages.length]!.id, "no such id", "ü"]);
      const expected = passages.flatMap((one, row) => (wanted.has(one.id) ? [{ ...one, row }] : []));
      expect(await all(readPassagesOf(file, wanted))).toEqual(expected.map(({ id, title, text }) => ({ id, title, text })));
      expect(await all(readRowsOf(file, (text) => wanted.has(text)))).toEqual(expected.map(({ id: found, row }) => ({ id: found, row })));
    }),
    { numRuns: 100 },
  );
});

test("a line with the id elsewhere is parsed", async () => {
  writeFileSync(file, '{"title":"","text":"t","id":"x"}\n{"id": "y","title":"","text":"t"}\n');
  expect(await all(readPassagesOf(file, new Set(["x", "y"])))).toHaveLength(2);
});

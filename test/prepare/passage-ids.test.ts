/** @file Ids given twice among rows that do not fit in memory. */
import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PassageIds } from "../../src/prepare/passage-ids.ts";
import { DuplicateRows } from "../../src/util/duplicate-rows.ts";

const folder = (): string => mkdtempSync(join(tmpdir(), "uniconv-duplicates-"));

test("every id given twice is a suspect, however the runs fall", () => {
  const dir = folder();
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 3 }), { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (ids, run) => {
      const rows = new DuplicateRows(join(dir, "x"), run);
      for (const id of ids) rows.add(id);
      const suspects = rows.suspects();
      const twice = ids.filter((id, at) => ids.indexOf(id) !== at);
      expect(twice.every((id) => suspects!(id))).toBe(true);
      expect(suspects === undefined).toBe(twice.length === 0);
      rows.close();
      expect(readdirSync(dir)).toEqual([]);
    }),
  );
});

test("similar ids are told apart", () => {
  const rows = new DuplicateRows(join(folder(), "x"), 1 << 18);
  for (let i = 0; i < 200_000; i++) rows.add(`http://example.org/page_p${i}`);
  for (let i = 0; i < 200_000; i++) rows.add(String(i));
  expect(rows.suspects()).toBeUndefined();
  rows.close();
});

describe("a passage given twice", () => {
  test("is refused with both its places, long after the first was written to disk", async () => {
    const dir = folder();
    const ids = new PassageIds(join(dir, "passages"), 1 << 12);
    const rows = Array.from({ length: 140_000 }, (_, row) => (row === 139_990 ? "p7" : `p${row}`));
    rows.forEach((id, row) => ids.add(id, { file: row < 100_000 ? "a.tsv" : "b.tsv", line: row + 1 }));
    const passages = join(dir, "passages.jsonl");
    writeFileSync(passages, rows.map((id) => `{"id":"${id}"}\n`).join(""));
    await expect(ids.refuseDuplicates(passages)).rejects.toThrow('b.tsv:139991: The passage "p7" was given at a.tsv:8 already.');
    ids.close();
    expect(readdirSync(dir)).toEqual(["passages.jsonl"]);
  });

  test("is told from two ids whose hashes are equal by chance", async () => {
    const dir = folder();
    const ids = new PassageIds(join(dir, "passages"));
    // A row that repeats for the hashes, and does not in the file.
    for (const id of ["a", "a", "b"]) ids.add(id, { file: "a.tsv" });
    const passages = join(dir, "passages.jsonl");
    writeFileSync(passages, '{"id":"a"}\n{"id":"c"}\n{"id":"b"}\n');
    await expect(ids.refuseDuplicates(passages)).resolves.toBeUndefined();
    ids.close();
  });
});

/** @file The JSON parser on JSONTestSuite. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { DataError } from "../../src/util/errors.ts";
import { parseJson } from "../../src/util/json.ts";
import { readJsonl } from "../../src/util/jsonl.ts";
import { needs } from "../helpers/shared-data.ts";
import { tempDir } from "../helpers/temp.ts";

const suite = needs("robustness", "JSONTestSuite", "test_parsing");

/** Where this project is stricter than RFC 8259 must be: a repeated key, a number that a double cannot hold, half a pair in a key. */
const STRICTER = /^(y_object_duplicated_key|i_number_(?!double_huge_neg_exp|real_underflow)|i_object_key_lone)/;
/** The 10 files of invalid UTF-8, 3 of UTF-16, and one that begins with a byte order mark. */
const FOREIGN = /UTF-16LE|utf16|UTF-8_inv|UTF8_surr|invalid_utf-8|iso_latin|lone_utf8|not_in_uni|overlong|truncated|BOM_empty/;

describe.skipIf(suite.absent)(suite.title("JSONTestSuite"), () => {
  const files = suite.absent ? [] : readdirSync(suite.path);
  const accepted = (file: string) => !file.startsWith("n_") && !STRICTER.test(file) && !FOREIGN.test(file);

  test("all 318 files are here", () => expect(files).toHaveLength(318));

  test.each(files)("a file of its own: %s", (file) => {
    const bytes = readFileSync(join(suite.path, file));
    if (accepted(file)) {
      const expected: unknown = JSON.parse(bytes.toString("utf8"));
      const repaired = file.includes("surrogate") && file.startsWith("i_");
      if (!repaired) expect(parseJson(bytes, { file })).toEqual(expected);
      else expect(JSON.stringify(parseJson(bytes, { file }))).toContain("\ufffd");
    } else {
      expect(() => parseJson(bytes, { file })).toThrow(DataError);
      expect(() => parseJson(bytes, { file })).toThrow(new RegExp(`^${file.replace(/[.+]/g, "\\$&")}:\\d+: `));
    }
  });

  test.each(files)("inside a line: %s", async (file) => {
    const content = readFileSync(join(suite.path, file));
    const path = join(tempDir(), "lines.jsonl");
    writeFileSync(path, Buffer.concat([Buffer.from('{"v":0}\n{"v":'), content, Buffer.from('}\n{"v":2}\n')]));
    const rows: unknown[] = [];
    const read = async () => {
      for await (const { v } of readJsonl(path, z.looseObject({ v: z.unknown() }))) rows.push(v);
    };
    // A mark is fine at the start of a file only, and a line break inside a value ends the line.
    if (accepted(file) && !content.includes("\n")) {
      await read();
      expect(rows).toHaveLength(3);
      expect(rows[1]).toEqual(parseJson(content, { file }));
    } else {
      await expect(read()).rejects.toThrow(/lines\.jsonl:[23]: /);
      await expect(read()).rejects.toThrow(DataError);
    }
  });
});

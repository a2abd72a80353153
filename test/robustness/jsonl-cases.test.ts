/** @file The JSONL reader on collected damaged lines. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { Id } from "../../src/schema/records.ts";
import { DataError } from "../../src/util/errors.ts";
import { readJsonl } from "../../src/util/jsonl.ts";
import { needs } from "../helpers/shared-data.ts";

interface Case {
  file: string;
  expect: "accept" | "reject" | "accept-with-warning";
  rows?: number;
  why: string;
}

const cases = needs("robustness", "lab-cases", "jsonl");
const Row = z.object({ id: Id, text: z.string(), score: z.number().optional() });

/** What each message must say, where the verdict alone would not help the user. */
const MESSAGES: Record<string, RegExp> = {
  "bom_middle.jsonl": /:2: .*byte order mark/,
  "utf16le.jsonl": /UTF-16/,
  "gzip_magic.jsonl": /gzip/,
  "half_last_line.jsonl": /:2: the file ends inside a JSON value/,
  "half_utf8_last.jsonl": /:2: /,
  "nul_padding_tail.jsonl": /:2: .*NUL bytes/,
  "nul_inside_string.jsonl": /:1: byte 20: .*control character.* 0x00/,
  "invalid_utf8.jsonl": /:1: byte 19: not UTF-8/,
  "cesu8.jsonl": /:1: byte 19: not UTF-8/,
  "cr_only.jsonl": /:1: a carriage return alone/,
  "array_file.json.jsonl": /JSON array where JSON lines are expected/,
  "pretty_printed.jsonl": /:1: pretty-printed JSON is not JSON lines/,
  "two_objects_one_line.jsonl": /:1: byte 11: more text after the JSON value/,
  "scalar_lines.jsonl": /:1: found a number, expected an object/,
  "dup_id.jsonl": /:3: the id "1" is in line 1 already/,
  "dup_key.jsonl": /:1: byte 11: the key "id" is there twice/,
  "missing_id.jsonl": /:1: id: /,
  "empty_id.jsonl": /:1: id: /,
  "id_number.jsonl": /:1: id: .*expected string/,
  "id_unsafe_int.jsonl": /:1: byte 7: an integer beyond 2\^53/,
  "id_two_unsafe_ints_collide.jsonl": /:1: byte 7: an integer beyond 2\^53/,
  "id_with_tab_newline.jsonl": /:1: id: .*control characters/,
  "number_overflow.jsonl": /:1: byte 19: a number too large/,
  "deep_nest.jsonl": /:1: byte \d+: nested deeper than/,
  "empty.jsonl": /0 records/,
  "only_bom.jsonl": /0 records/,
};

describe.skipIf(cases.absent)(cases.title("the lab cases of JSON lines"), () => {
  const manifest = cases.absent ? [] : (JSON.parse(readFileSync(join(cases.path, "manifest.json"), "utf8")) as Case[]);

  test("all 39 are here", () => expect(manifest).toHaveLength(39));

  test.each(manifest)("$expect $file: $why", async ({ file, expect: verdict, rows }) => {
    const { records, warnings, error } = await read(join(cases.path, file));
    if (verdict === "reject") {
      expect(error).toBeInstanceOf(DataError);
      expect((error as DataError).message).toMatch(MESSAGES[file]!);
      expect((error as DataError).message).toContain(file);
    } else {
      expect(error).toBeUndefined();
      expect(records).toHaveLength(rows!);
      const warns = verdict === "accept-with-warning" || file === "blank_lines.jsonl";
      expect(warnings).toHaveLength(warns ? 1 : 0);
    }
  });

  test("ids come in the order of the file, whatever they look like", async () => {
    expect((await read(join(cases.path, "id_integer_like_order.jsonl"))).records.map(({ id }) => id)).toEqual(["10", "9", "b", "1"]);
    expect((await read(join(cases.path, "id_proto.jsonl"))).records.map(({ id }) => id)).toEqual([
      "__proto__",
      "constructor",
      "toString",
      "hasOwnProperty",
    ]);
  });

  test("a lone surrogate becomes U+FFFD", async () => {
    expect((await read(join(cases.path, "lone_surrogate_escaped.jsonl"))).records[0]!.text).toBe("a\ufffdb");
  });
});

async function read(path: string) {
  const records: z.infer<typeof Row>[] = [];
  const warnings: string[] = [];
  try {
    for await (const record of readJsonl(path, Row, { warn: (message) => warnings.push(message), unique: ({ id }) => id }))
      records.push(record);
  } catch (error) {
    return { records, warnings, error };
  }
  return { records, warnings, error: undefined };
}

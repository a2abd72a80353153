/** @file JSON scanned as bytes. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { JsonBytes } from "../../src/util/json-bytes.ts";

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ maxLength: 40 }),
  fc.constantFrom('"', "\\", "\n", "\u007f", "\u0080", "\u2028", "é"),
);

test("writes strings as JSON.stringify does, whatever the size they begin with", () => {
  const json = new JsonBytes(1);
  fc.assert(
    fc.property(fc.array(text, { maxLength: 5 }), (texts) => {
      json
        .clear()
        .raw('{"list":')
        .strings(texts)
        .raw(',"one":')
        .string(texts[0] ?? "")
        .raw("}");
      expect(Buffer.from(json.view()).toString()).toBe(JSON.stringify({ list: texts, one: texts[0] ?? "" }));
    }),
    { numRuns: 500 },
  );
});

test("escapes half a surrogate pair instead of replacing it", () => {
  expect(Buffer.from(new JsonBytes().string("a\ud800b").view()).toString()).toBe('"a\\ud800b"');
});

test("takes bytes as they are and forgets what was cleared", () => {
  const json = new JsonBytes(4);
  json
    .raw("gone")
    .clear()
    .raw("[")
    .bytes(Buffer.from("é,".repeat(100)))
    .raw("]");
  expect(Buffer.from(json.view()).toString()).toBe(`[${"é,".repeat(100)}]`);
});

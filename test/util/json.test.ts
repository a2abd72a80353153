/** @file The strict JSON parser and the stable writer. */
import { isUtf8 } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DataError } from "../../src/util/errors.ts";
import { MAX_DEPTH } from "../../src/util/json-scan.ts";
import { Rng } from "../../src/util/rng.ts";
import { parseJson, stringify } from "../../src/util/json.ts";

const place = { file: "f.json" };

describe("parseJson", () => {
  test("reads back what stringify wrote", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = stringify(value);
        expect(parseJson(text, place)).toStrictEqual(JSON.parse(JSON.stringify(value)));
        expect(stringify(parseJson(text, place))).toBe(text);
      }),
      { numRuns: 200 },
    );
  });

  test("agrees with JSON.parse on text with a byte changed, unless it says why it is stricter", () => {
    const stricter = /twice in one object|beyond 2\^53|too large for a double|key holds half/;
    fc.assert(
      fc.property(
        fc.json({ noUnicodeString: false, depthSize: "medium" }),
        fc.nat(),
        fc.nat(255),
        fc.constantFrom(0, 1, 2),
        (text, where, byte, kind) => {
          const bytes = Buffer.from(text);
          const at = where % (bytes.length + 1);
          const changed = Buffer.concat([
            bytes.subarray(0, at),
            ...(kind === 2 ? [] : [Buffer.of(byte)]),
            bytes.subarray(kind === 0 ? at : at + 1),
          ]);
          const expected = attempt(() => {
            if (!isUtf8(changed)) throw new Error("not UTF-8");
            return JSON.parse(changed.toString()) as unknown;
          });
          const got = attempt(() => parseJson(changed, place));
          if (got.error !== undefined) expect(got.error).toBeInstanceOf(DataError);
          if (got.error === undefined) expect(got).toStrictEqual(expected);
          else if (expected.error === undefined) expect((got.error as Error).message).toMatch(stricter);
        },
      ),
      { numRuns: 3000 },
    );
  });

  test("names the line and the byte of the fault", () => {
    const fault = (text: string | Uint8Array, message: RegExp) => expect(() => parseJson(text, place)).toThrow(message);
    fault('{\n "a": 1,\n "b": x\n}', /^f\.json:3: byte 7: expected a value, found 'x'$/);
    fault('{"a":1,}', /byte 8: expected a key, found '}'/);
    fault("[|", /byte 2: expected a value, found '\|'/);
    fault("{|", /byte 2: expected a key or '}', found '\|'/);
    fault("[1 2]", /byte 4: expected ',' or '\]', found '2'/);
    fault('{"a" 1}', /byte 6: expected ':', found '1'/);
    fault('["\t"]', /byte 3: .*raw control character.*found byte 0x09/);
    fault('["é", é]', /byte 8: expected a value, found byte 0xc3/);
    fault(String.raw`["\x"]`, /byte 3: a bad escape/);
    fault("[tru]", /byte 5: expected 'true', found '\]'/);
    fault("[1.]", /byte 4: expected a digit, found '\]'/);
    fault("NaN", /byte 1: expected a value, found 'N'/);
    fault("1 2", /byte 3: more text after the JSON value/);
    fault("\ufeff{}", /byte order mark/);
    fault('["\ud800"]', /half a surrogate pair/);
    for (const torn of ["", " ", "[", '{"a', '{"a"', '{"a":', '["\\', '["\\u00', "tr", "-", "1.", "1e", "[1,", '{"a":1,']) {
      fault(torn, /^f\.json:1: the file ends inside a JSON value: expected /);
    }
  });

  test("every key is compared by what it means, however many an object has", () => {
    const many = Array.from({ length: 100_000 }, (_, i) => `"k${i}":${i}`);
    expect(Object.keys(parseJson(`{${many.join()}}`, place) as object)).toHaveLength(100_000);
    for (const again of ['"k0":1', '"k99999":1', String.raw`"\u006b77":1`]) {
      expect(() => parseJson(`{${many.join()},${again}}`, place)).toThrow(/is there twice in one object/);
    }
    expect(parseJson('{"a":{"a":[{"a":1},{"a":2}]},"":0}', place)).toEqual({ a: { a: [{ a: 1 }, { a: 2 }] }, "": 0 });
    expect(() => parseJson(String.raw`[{"é":1},{"é":1,"b":2,"\u00e9":3}]`, place)).toThrow(/byte 2\d: the key "\\u00e9" is there twice/);
  });

  test("two keys of one hash are two keys: among 300,000 about ten pairs share their 32 bits", () => {
    const rng = Rng.of(1, "keys");
    const keys = new Set(Array.from({ length: 300_000 }, () => rng.uint32().toString(36) + rng.uint32().toString(36)));
    expect(Object.keys(parseJson(`{${[...keys].map((key) => `"${key}":0`).join()}}`, place) as object)).toHaveLength(keys.size);
  });

  test("numbers keep their value or are refused", () => {
    for (const text of ["9007199254740991", "-9007199254740991", "1e20", "0.1", "-0.0", "5e-324", "1e-400", "123456789012345"]) {
      expect(parseJson(text, place)).toBe(Number(text));
    }
    for (const text of ["9007199254740992", "-9007199254740993", "100000000000000000000"]) {
      expect(() => parseJson(text, place)).toThrow(/beyond 2\^53/);
    }
    for (const text of ["1e309", "-1e400", `1${"0".repeat(310)}.0`]) expect(() => parseJson(text, place)).toThrow(/too large for a double/);
  });

  test("nesting is read up to the depth that can be written again", () => {
    const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
    expect(stringify(parseJson(nested(MAX_DEPTH), place))).toBe(nested(MAX_DEPTH));
    expect(() => parseJson(nested(MAX_DEPTH + 1), place)).toThrow(`nested deeper than ${MAX_DEPTH} levels`);
    expect(() => stringify([JSON.parse(nested(MAX_DEPTH))])).toThrow(/nesting deeper/);
  });

  test("half a surrogate pair becomes U+FFFD with a warning; a whole pair stays", () => {
    const warnings: string[] = [];
    const warn = (message: string) => warnings.push(message);
    expect(parseJson(String.raw`["\ud83d\ude00", "😀"]`, { ...place, warn })).toEqual(["😀", "😀"]);
    expect(warnings).toEqual([]);
    expect(parseJson(String.raw`[{"a":"x\ude00\ud83d"}, "\ud83d\ud83d\ude00", "\ud83dA"]`, { ...place, line: 4, warn })).toEqual([
      { a: "x\ufffd\ufffd" },
      "\ufffd😀",
      "\ufffdA",
    ]);
    for (const [text, value] of [
      [String.raw`"\ud800\ud800"`, "\ufffd\ufffd"],
      [String.raw`"\ud83d\n"`, "\ufffd\n"],
      [String.raw`"\ude00\ud83d"`, "\ufffd\ufffd"],
    ] as const) {
      expect(parseJson(text, place)).toBe(value);
    }
    expect(() => parseJson(String.raw`[{"a\ud800":1}]`, place)).toThrow(/byte 3: a key holds half a surrogate pair/);
    expect(warnings).toEqual(["f.json:4: half a surrogate pair in a string, replaced by U+FFFD"]);
  });

  test("keys named like parts of Object stay data: loaded, merged, written again", () => {
    const text = '{"id":"1","__proto__":{"polluted":true},"constructor":{"prototype":{"polluted2":true}}}';
    const value = parseJson(text, place) as Record<string, unknown>;
    expect(stringify(value)).toBe(text);
    expect(stringify({ ...value })).toBe(text);
    expect(stringify(structuredClone(value))).toBe(text);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(stringify(parseJson(text.replace('"1"', String.raw`"\ud800"`), place))).toBe(text.replace("1", "\ufffd"));
    expect(() => parseJson('{"__proto__":1,"__proto__":2}', place)).toThrow(/twice/);
    const empty: Record<string, unknown> = {};
    expect([empty["polluted"], empty["polluted2"]]).toEqual([undefined, undefined]);
  });
});

describe("stringify", () => {
  test.each<[unknown, string]>([
    [Number.NaN, "JSON cannot hold NaN"],
    [{ a: [0, -Infinity] }, "JSON cannot hold -Infinity (at .a[1])"],
    [{ a: { b: undefined } }, "JSON cannot hold undefined (at .a.b)"],
    [["x\ud800"], "JSON cannot hold half a surrogate pair (at [0])"],
    [{ "\udc00": 1 }, "half a surrogate pair (at ."],
    [{ d: new Date(0) }, "JSON cannot hold a Date (at .d)"],
    [new Map(), "JSON cannot hold a Map"],
    [new Float32Array(1), "JSON cannot hold a Float32Array"],
    [10n, "JSON cannot hold bigint"],
    [() => 1, "JSON cannot hold function"],
    // oxlint-disable-next-line no-sparse-arrays -- the hole is what is refused
    [[1, , 2], "JSON cannot hold undefined (at [1])"],
  ])("refuses what would be lost: %o", (value, message) => {
    expect(() => stringify(value)).toThrow(TypeError);
    expect(() => stringify(value)).toThrow(message);
  });

  test("writes numbers beyond 2^53 so that they are read again as they were", () => {
    for (const value of [1e20, -(2 ** 53), 2 ** 53 + 2, 2 ** 60, 1e21, Number.MAX_VALUE]) {
      expect(parseJson(stringify({ a: [value, "é"], "": null }), place)).toStrictEqual({ a: [value, "é"], "": null });
    }
    expect(stringify([1e20, 2 ** 53 - 1])).toBe("[1e+20,9007199254740991]");
  });

  test("keeps the order of keys", () => expect(stringify({ b: 1, a: { d: null, c: true } })).toBe('{"b":1,"a":{"d":null,"c":true}}'));
});

function attempt(action: () => unknown): { value?: unknown; error?: unknown } {
  try {
    return { value: action() };
  } catch (error) {
    return { error };
  }
}

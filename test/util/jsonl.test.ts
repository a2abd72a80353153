/** @file Reading and writing JSONL. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { DataError, IoError } from "../../src/util/errors.ts";
import { readJsonArray } from "../../src/util/json-stream.ts";
import { stringify } from "../../src/util/json.ts";
import { JsonlWriter, readJsonl, readLines } from "../../src/util/jsonl.ts";
import { tempDir } from "../helpers/temp.ts";

const Row = z.strictObject({ n: z.int(), text: z.string() });
const rows = fc.array(fc.record({ n: fc.integer(), text: fc.string({ unit: "grapheme" }) }, { noNullPrototype: true }), {
  minLength: 1,
  maxLength: 8,
});

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const out: T[] = [];
  for await (const item of source) out.push(item);
  return out;
}

/** What this process holds open; files come and go while it looks. */
function openFiles(): string[] {
  return readdirSync("/proc/self/fd").flatMap((descriptor) => {
    try {
      return [readlinkSync(join("/proc/self/fd", descriptor))];
    } catch {
      return [];
    }
  });
}

describe("readJsonl", () => {
  test("gives back what JsonlWriter wrote, read in pieces of any size, gzipped or with CRLF", async () => {
    const dir = tempDir();
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 1, max: 40 }), async (records, chunkBytes) => {
        const path = join(dir, "r.jsonl");
        const writer = JsonlWriter.create(path);
        for (const record of records) writer.write(record);
        const sealed = await writer.close();
        const bytes = readFileSync(path);
        expect(sealed).toEqual({ sha256: createHash("sha256").update(bytes).digest("hex"), bytes: bytes.length, rows: records.length });
        expect(await all(readJsonl(path, Row, { chunkBytes }))).toEqual(records);
        writeFileSync(`${path}.gz`, gzipSync(bytes));
        expect(await all(readJsonl(`${path}.gz`, Row, { chunkBytes }))).toEqual(records);
        writeFileSync(path, `\ufeff${bytes.toString().replaceAll("\n", "\r\n")}`);
        expect(await all(readJsonl(path, Row, { chunkBytes }))).toEqual(records);
      }),
      { numRuns: 60 },
    );
  });

  test("a file torn at any byte gives its whole lines, then an error that names the torn one", async () => {
    const path = join(tempDir(), "torn.jsonl");
    await fc.assert(
      fc.asyncProperty(rows, fc.nat(), async (records, where) => {
        const lines = records.map((record) => Buffer.from(`${stringify(record)}\n`));
        const whole = Buffer.concat(lines);
        const cut = 1 + (where % whole.length);
        writeFileSync(path, whole.subarray(0, cut));
        let end = 0;
        const kept = lines.filter((line) => (end += line.length) <= cut + 1).length; // Only the line end may be missing.
        const torn = cut < whole.length && whole[cut - 1] !== 10 && whole[cut] !== 10;
        const read: unknown[] = [];
        const reading = (async () => {
          for await (const record of readJsonl(path, Row)) read.push(record);
        })();
        if (torn) await expect(reading).rejects.toThrow(new RegExp(`torn\\.jsonl:${kept + 1}: `));
        else await reading;
        expect(read).toEqual(records.slice(0, kept));
      }),
      { numRuns: 200 },
    );
  });

  test("tells each problem of a record with its path", async () => {
    const path = join(tempDir(), "a.jsonl");
    writeFileSync(path, '{"n":1,"text":"a"}\n{"n":1.5,"txt":"a"}\n');
    await expect(all(readJsonl(path, Row))).rejects.toThrow(/a\.jsonl:2: n: .*int.*; text: .*expected string.*; .*txt/);
  });

  test("a missing file, a directory and a damaged gzip are bad input", async () => {
    const dir = tempDir();
    writeFileSync(join(dir, "a.gz"), gzipSync('{"n":1,"text":"a"}\n').subarray(0, 20));
    writeFileSync(join(dir, "b.gz"), '{"n":1,"text":"a"}\n');
    for (const [path, message] of [
      ["no.jsonl", /no\.jsonl: no such file/],
      ["", /is a directory/],
      ["a.gz/x", /no such file/],
      ["a.gz", /a\.gz: damaged or unfinished gzip/],
      ["b.gz", /b\.gz: damaged or unfinished gzip/],
    ] as const) {
      await expect(all(readJsonl(join(dir, path), Row))).rejects.toThrow(DataError);
      await expect(all(readJsonl(join(dir, path), Row))).rejects.toThrow(message);
    }
  });

  test("an empty file is an error unless it is allowed", async () => {
    const path = join(tempDir(), "e.jsonl");
    writeFileSync(path, "\n");
    await expect(all(readJsonl(path, Row))).rejects.toThrow(/e\.jsonl: 0 records/);
    expect(await all(readJsonl(path, Row, { allowEmpty: true }))).toEqual([]);
  });

  test.skipIf(!existsSync("/proc/self/fd"))("a reader that stops early leaves no open file", async () => {
    const dir = tempDir();
    const row = '{"n":1,"text":"a"}';
    writeFileSync(join(dir, "a.jsonl"), `${row}\n`.repeat(100_000));
    writeFileSync(join(dir, "a.json"), `[${`${row},`.repeat(100_000)}0]`);
    const random = Buffer.from(Array.from({ length: 2_000_000 }, (_, i) => 97 + ((i * i * 31 + (i >> 3)) % 26)));
    writeFileSync(join(dir, "a.jsonl.gz"), gzipSync(`${row}\n{"n":2,"text":"${random.toString()}"}\n`, { level: 0 }));
    for await (const _ of readJsonl(join(dir, "a.jsonl"), Row)) break;
    for await (const _ of readJsonl(join(dir, "a.jsonl.gz"), Row, { chunkBytes: 4096 })) break;
    for await (const _ of readJsonArray(join(dir, "a.json"))) break;
    expect(openFiles().length).toBeGreaterThan(0);
    await vi.waitFor(() => expect(openFiles().filter((path) => path.startsWith(dir))).toEqual([]), { timeout: 20_000 });
  });
});

describe("readLines", () => {
  test("numbers lines, keeps U+2028 and blank ones, drops CR before LF", async () => {
    const path = join(tempDir(), "q.tsv");
    writeFileSync(path, "a\u2028b\r\n\nc\td");
    expect(await all(readLines(path))).toEqual([
      { text: "a\u2028b", line: 1 },
      { text: "", line: 2 },
      { text: "c\td", line: 3 },
    ]);
    writeFileSync(path, Buffer.from([97, 10, 0xff, 10]));
    await expect(all(readLines(path))).rejects.toThrow(/q\.tsv:2: not UTF-8/);
  });
});

describe("JsonlWriter", () => {
  test("a full device is an I/O error that names the path, whether at once or at the end", async (context) => {
    if (!existsSync("/dev/full")) context.skip("no /dev/full on this system");
    const few = JsonlWriter.create("/dev/full");
    few.write({ n: 1 });
    await expect(few.close()).rejects.toThrow(IoError);
    const many = JsonlWriter.create("/dev/full");
    const writeMany = () => {
      for (let n = 0; n < 100_000; n++) many.write({ n });
    };
    expect(writeMany).toThrow(/^\/dev\/full: cannot write: no space left on the device/);
    await expect(many.close()).rejects.toThrow(IoError);
  });

  test("refuses what JSON would lose, and a place that is not there", () => {
    const dir = tempDir();
    expect(() => JsonlWriter.create(join(dir, "a.jsonl")).write({ score: Number.NaN })).toThrow("JSON cannot hold NaN (at .score)");
    expect(() => JsonlWriter.create(join(dir, "no/a.jsonl"))).toThrow(/no\/a\.jsonl: cannot create: no such file or directory/);
  });
});

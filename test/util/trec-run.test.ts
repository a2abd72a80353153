/** @file Run files are read strictly: what is accepted is exactly what trec_eval means, what is refused names file and line. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { parseNumber } from "../../src/util/parse-number.ts";
import { readTrecRun } from "../../src/util/trec-run.ts";

const dir = mkdtempSync(join(tmpdir(), "uniconv-run-"));
afterAll(() => rmSync(dir, { recursive: true }));

let files = 0;
function file(content: string | Uint8Array, suffix = ".trec"): string {
  const path = join(dir, `${files++}${suffix}`);
  writeFileSync(path, content);
  return path;
}

describe("readTrecRun accepts", () => {
  it.each([
    ["spaces", "t1 Q0 p1 1 2.5 tag\nt1 Q0 p2 2 1.5 tag\n"],
    ["tabs", "t1\tQ0\tp1\t1\t2.5\ttag\nt1\tQ0\tp2\t2\t1.5\ttag\n"],
    ["CRLF", "t1 Q0 p1 1 2.5 tag\r\nt1 Q0 p2 2 1.5 tag\r\n"],
    ["no final newline", "t1 Q0 p1 1 2.5 tag\nt1 Q0 p2 2 1.5 tag"],
    ["seven columns", "t1 Q0 p1 1 2.5 0.71 ance\nt1 Q0 p2 2 1.5 0.70 ance\n"],
    ["comments and blank lines", "# made by hand\nt1 Q0 p1 1 2.5 tag\n\nt1 Q0 p2 2 1.5 tag\n"],
    ["a byte order mark", "\ufefft1 Q0 p1 1 2.5 tag\nt1 Q0 p2 2 1.5 tag\n"],
    ["padded scores between tabs", "t1\tQ0\tp1\t1\t  2.5 \ttag\nt1\tQ0\tp2\t2\t  1.5\ttag"],
    ["rows in any order, whatever the rank column says", "t1 Q0 p2 1 1.5 tag\nt1 Q0 p1 2 2.5 tag\n"],
    ["scores with exponents", "t1 Q0 p1 1 25e-1 tag\nt1 Q0 p2 2 .15E+1 tag\n"],
  ])("%s", async (_, content) => {
    const run = await readTrecRun(file(content));
    expect(run.turns).toEqual(["t1"]);
    expect(run.passages("t1")).toEqual([
      { id: "p1", score: 2.5 },
      { id: "p2", score: 1.5 },
    ]);
  });

  it("gzip", async () => {
    expect((await readTrecRun(file(gzipSync("t1 Q0 p1 1 2.5 tag\n"), ".trec.gz"))).passages("t1")).toEqual([{ id: "p1", score: 2.5 }]);
  });

  it("ids with spaces and any letter, between tabs", async () => {
    const run = await readTrecRun(file("c 1_2\tQ0\tTypes of cheese:19 é😀\t1\t0.5\tmy run\n"));
    expect(run.passages("c 1_2")).toEqual([{ id: "Types of cheese:19 é😀", score: 0.5 }]);
    expect(run.tag).toBe("my run");
  });

  it("turns whose lines are not together", async () => {
    const run = await readTrecRun(file("a Q0 x 1 1 t\nb Q0 x 1 1 t\na Q0 y 2 2 t\nab Q0 x 1 1 t\n"));
    expect(run.turns).toEqual(["a", "b", "ab"]);
    expect(run.passages("a").map(({ id }) => id)).toEqual(["y", "x"]);
    expect(run.passages("c")).toEqual([]);
  });
});

describe("readTrecRun orders", () => {
  it("equal scores by id descending in bytes, so that a letter outside ASCII comes first", async () => {
    const run = await readTrecRun(file(["p1", "p10", "p2", "é", "\uff5e", "😀"].map((id) => `t Q0 ${id} 1 1 x`).join("\n")));
    expect(run.passages("t").map(({ id }) => id)).toEqual(["😀", "\uff5e", "é", "p2", "p10", "p1"]);
  });

  it("scores as doubles: two that only single precision would tie stay apart", async () => {
    const run = await readTrecRun(file("t Q0 z 1 0.30000000000000001 x\nt Q0 a 2 0.30000000000000004 x\n"));
    expect(run.passages("t").map(({ id }) => id)).toEqual(["a", "z"]);
  });
});

describe("readTrecRun refuses, with file and line,", () => {
  it.each([
    ["five columns", "t1 Q0 p1 1 2.5 tag\nt1 Q0 p2 2 1.5\n", 2, "5 columns, expected 6"],
    ["five tab-separated columns whose id has spaces", "t1\tQ0\tApollo 11 13\t1\t0.5\n", 1, "5 columns, expected 6"],
    ["NaN", "t1 Q0 p1 1 NaN tag\n", 1, 'score "NaN" is not a finite number'],
    ["an overflowing score", "t1 Q0 p1 1 1e400 tag\n", 1, '"1e400"'],
    ["Infinity", "t1 Q0 p1 1 -inf tag\n", 1, '"-inf"'],
    ["a hexadecimal score", "t1 Q0 p1 1 0x10 tag\n", 1, '"0x10"'],
    ["an empty score", "t1\tQ0\tp1\t1\t\ttag\n", 1, '""'],
    ["a half number", "t1 Q0 p1 1 1.5.2 tag\n", 1, '"1.5.2"'],
    [
      "a passage listed twice",
      "t1 Q0 p1 1 2 tag\nt2 Q0 p1 1 2 tag\nt1 Q0 p1 2 1 tag\n",
      3,
      'passage "p1" is listed twice for turn "t1" (first at line 1)',
    ],
    ["an empty turn id", "\tQ0\tp1\t1\t1\ttag\n", 1, "the turn id is empty"],
    ["an empty passage id", "t1\tQ0\t\t1\t1\ttag\n", 1, "the passage id is empty"],
    ["a control character", "t1 Q0 p\u00001 1 1 tag\n", 1, "control character (0x00)"],
  ])("%s", async (_, content, line, words) => {
    const path = file(content);
    await expect(readTrecRun(path)).rejects.toMatchObject({ exitCode: 3, file: path, line });
    await expect(readTrecRun(path)).rejects.toThrow(words);
  });

  it("invalid UTF-8", async () => {
    const path = file(Buffer.from("t1 Q0 p\xff 1 1 tag\n", "latin1"));
    await expect(readTrecRun(path)).rejects.toMatchObject({ exitCode: 3, line: 1 });
  });

  it.each([[""], ["\n\n"], ["# nothing\n"]])("a file without a ranking: %j", async (content) => {
    await expect(readTrecRun(file(content))).rejects.toThrow("no ranking at all");
  });

  it("a file that is not there", async () => {
    await expect(readTrecRun(join(dir, "absent"))).rejects.toMatchObject({ exitCode: 3 });
  });
});

describe("parseNumber", () => {
  it("gives the same double as JavaScript for every decimal spelling", () => {
    const spelled = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc.tuple(fc.integer(), fc.nat(999_999_999)).map(([whole, part]) => `${whole}.${part}`),
      fc.float({ noNaN: true, noDefaultInfinity: true }).map((x) => x.toFixed(8)),
    );
    fc.assert(
      fc.property(spelled, (text) => {
        const bytes = Buffer.from(text);
        expect(parseNumber(bytes, 0, bytes.length)).toBe(Number(text));
      }),
      { numRuns: 2000 },
    );
  });
});

it("finds rows whatever the size of the pieces the file comes in", async () => {
  const lines = Array.from({ length: 30_000 }, (_, i) => `turn_${i % 7} Q0 passage_${i} 1 ${(i * 7919) % 1000} tag`);
  const run = await readTrecRun(file(lines.join("\n")));
  expect(run.rows).toBe(30_000);
  const all = run.turns.flatMap((turn) => run.passages(turn).map(({ id, score }) => `${turn} Q0 ${id} 1 ${score} tag`));
  expect(all.sort()).toEqual(lines.sort());
});

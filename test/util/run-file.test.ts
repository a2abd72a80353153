/** @file A run that was written reads back the same, from either of its files. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toUSVString } from "node:util";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { Id } from "../../src/schema/records.ts";
import { writeArtifact } from "../../src/util/artifact.ts";
import { readRun, RunWriter } from "../../src/util/run-file.ts";
import { readQrels } from "../../src/util/qrels.ts";
import type { RankedPassage } from "../../src/util/run-table.ts";
import { byScoreThenId } from "../../src/util/sort.ts";

const root = mkdtempSync(join(tmpdir(), "uniconv-runfile-"));
afterAll(() => rmSync(root, { recursive: true }));
let made = 0;

async function write(rankings: Iterable<[string, RankedPassage[]]>, partial = false): Promise<string> {
  const output = join(root, `run${made++}`);
  await writeArtifact(
    { output, kind: "run", command: "test", options: {}, seed: 0, inputs: [], partial, resume: false, overwrite: false },
    async ({ dir }) => {
      const writer = new RunWriter(dir, "ours");
      for (const [turn, passages] of rankings) writer.write(turn, passages);
      await writer.close();
    },
  );
  return output;
}

describe("a run artifact", () => {
  it("holds tab-separated lines in trec_eval's order, scores in full precision", async () => {
    const dir = await write([
      [
        "c_1",
        [
          { id: "a b:1", score: 0.1 },
          { id: "z", score: 0.1 },
          { id: "m", score: 1 / 3 },
        ],
      ],
    ]);
    expect(readFileSync(join(dir, "run.trec"), "utf8")).toBe(
      "c_1\tQ0\tm\t1\t0.3333333333333333\tours\nc_1\tQ0\tz\t2\t0.1\tours\nc_1\tQ0\ta b:1\t3\t0.1\tours\n",
    );
    expect(readFileSync(join(dir, "run.jsonl"), "utf8")).toBe(
      '{"turn":"c_1","passages":[{"id":"m","score":0.3333333333333333},{"id":"z","score":0.1},{"id":"a b:1","score":0.1}]}\n',
    );
  });

  it("reads back bit for bit from either file, whatever the ids and scores", async () => {
    const id = fc
      .oneof(fc.string({ minLength: 1, unit: "binary" }), fc.constantFrom("a b", " lead", "é", "😀", "\uff5e", "../.."))
      .filter((text) => Id.safeParse(text).success && toUSVString(text) === text && !text.startsWith("#"));
    const score = fc.double({ noNaN: true, min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
    const ranking = fc.uniqueArray(fc.record({ id, score }), { selector: (passage) => passage.id, minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.tuple(id, ranking), { selector: ([turn]) => turn, minLength: 1, maxLength: 4 }),
        async (rankings) => {
          const dir = await write(rankings);
          for (const path of [dir, join(dir, "run.jsonl"), join(dir, "run.trec")]) {
            const { table } = await readRun(path);
            expect(table.turns).toEqual(rankings.map(([turn]) => turn));
            for (const [turn, passages] of rankings)
              expect(table.passages(turn).map(({ id: one, score: value }) => ({ id: one, score: value + 0 }))).toEqual(
                passages.map(({ id: one, score: value }) => ({ id: one, score: value + 0 })).sort(byScoreThenId),
              );
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it("says whether it was made under --limit", async () => {
    expect((await readRun(await write([["t", [{ id: "p", score: 1 }]]], true))).partial).toBe(true);
    expect((await readRun(await write([["t", [{ id: "p", score: 1 }]]]))).partial).toBe(false);
  });

  it("is refused when a byte of it was changed", async () => {
    const dir = await write([["t", [{ id: "p", score: 1 }]]]);
    writeFileSync(join(dir, "run.trec"), "t\tQ0\tq\t1\t1\tours\n");
    await expect(readRun(dir)).rejects.toMatchObject({ exitCode: 3 });
  });

  it("keeps a turn for which nothing was found", async () => {
    const dir = await write([
      ["t", [{ id: "p", score: 1 }]],
      ["none", []],
    ]);
    expect((await readRun(join(dir, "run.jsonl"))).table.turns).toEqual(["t", "none"]);
  });
});

describe("RunWriter refuses", () => {
  it.each<[string, [string, RankedPassage[]][], string]>([
    [
      "a turn twice",
      [
        ["t", []],
        ["t", []],
      ],
      "ranked twice",
    ],
    [
      "a passage twice",
      [
        [
          "t",
          [
            { id: "p", score: 1 },
            { id: "p", score: 2 },
          ],
        ],
      ],
      "ranks a passage twice",
    ],
    ["a turn that would be a comment", [["#t", []]], "starts with #"],
    ["a score that is no number", [["t", [{ id: "p", score: Number.NaN }]]], "number"],
    ["a score beyond 2^53", [["t", [{ id: "p", score: 2 ** 53 }]]], "beyond 2^53"],
    ["an id with a tab", [["t", [{ id: "p\tq", score: 1 }]]], "no control characters"],
  ])("%s", async (_, rankings, words) => {
    await expect(write(rankings)).rejects.toThrow(words);
  });
});

describe("readRun refuses run.jsonl", () => {
  it.each([
    ["half a line", '{"turn":"t","passages":[{"id":"p","score":1}]}\n{"turn":"u","pass', 2],
    ["a turn twice", '{"turn":"t","passages":[]}\n{"turn":"t","passages":[]}\n', 2],
    ["a passage twice", '{"turn":"t","passages":[{"id":"p","score":1},{"id":"p","score":0}]}\n', 1],
    ["a score that is a text", '{"turn":"t","passages":[{"id":"p","score":"1"}]}\n', 1],
    ["a score beyond doubles", '{"turn":"t","passages":[{"id":"p","score":1e400}]}\n', 1],
  ])("with %s", async (_, content, line) => {
    const path = join(root, `bad${made++}.jsonl`);
    writeFileSync(path, content);
    await expect(readRun(path)).rejects.toMatchObject({ exitCode: 3, file: path, line });
  });
});

describe("readQrels", () => {
  const qrels = async (content: string, name = "qrels.tsv") => {
    const path = join(root, `${made++}-${name}`);
    writeFileSync(path, content);
    return readQrels(path);
  };
  const expected = new Map([
    [
      "t 1",
      new Map([
        ["p 1", 2],
        ["p2", -1],
      ]),
    ],
  ]);

  it.each([
    ["tabs", "t 1\t0\tp 1\t2\nt 1\tQ0\tp2\t-1\n"],
    ["CRLF and comments", "# by hand\r\nt 1\t0\tp 1\t2\r\n\r\nt 1\t0\tp2\t-1\r\n"],
    ["JSON", '\n {"t 1": {"p 1": 2,\n "p2": -1}}\n'],
  ])("reads %s", async (_, content) => {
    expect(await qrels(content)).toEqual(expected);
  });

  it("takes an empty passage id that stands alone for a turn without gold", async () => {
    expect(await qrels('{"a": {"": 1}, "b": {"p": 1}}')).toEqual(new Map([["b", new Map([["p", 1]])]]));
  });

  it("reads spaces", async () => {
    expect(await qrels("a 0 p 1\n  b 0   p 0 \n")).toEqual(
      new Map([
        ["a", new Map([["p", 1]])],
        ["b", new Map([["p", 0]])],
      ]),
    );
  });

  it.each([
    ["three columns", "a 0 p 1\na 0 p\n", 2, "3 columns, expected 4"],
    ["three tab-separated columns whose id has a space", "a\tp 0\t1\n", 1, "3 columns, expected 4"],
    ["five columns", "a 0 p 1 x\n", 1, "5 columns, expected 4"],
    ["a grade that is no whole number", "a 0 p 1.5\n", 1, '"1.5"'],
    ["a passage judged twice", "a 0 p 1\nb 0 p 1\na 0 p 0\n", 3, 'judged twice for turn "a"'],
    ["a grade that is a text, in JSON", '{"a": {"p": "1"}}', 1, "not a whole number"],
    ["a list in JSON", '{"a": ["p"]}', 1, "expected an object"],
    ["an empty id in JSON", '{"a": {"": 1, "p": 1}}', 1, "passage id"],
  ])("refuses %s", async (_, content, line, words) => {
    await expect(qrels(content)).rejects.toMatchObject({ exitCode: 3, line });
    await expect(qrels(content)).rejects.toThrow(words);
  });

  it.each([[""], ["{}"], ["# only a comment\n"]])("refuses a file without a judgement", async (content) => {
    await expect(qrels(content)).rejects.toThrow("no judgement at all");
  });
});

/** @file The quick way through a run's lines and the careful one are the same way. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { DataError } from "../../src/util/errors.ts";
import { RunColumns } from "../../src/util/run-columns.ts";
import { readTrecRun } from "../../src/util/trec-run.ts";
import { plainSeparator, takePlainLines } from "../../src/util/trec-run-plain.ts";

const dir = mkdtempSync(join(tmpdir(), "uniconv-run-plain-"));
afterAll(() => rmSync(dir, { recursive: true }));
const path = join(dir, "run");

interface Row {
  turn: string;
  id: string;
  score: number;
}

const id = fc.constantFrom("p", "p1", "p10", "é", "#p", "a b", "日本");
const scoreText = fc.constantFrom(
  "1",
  "-2.5",
  "0.30000000000000004",
  "1e3",
  ".5",
  "5.",
  "+1",
  "-0",
  "12345678901234567890",
  "nan",
  "1e400",
  "",
  "-",
  ".",
);
const line = fc
  .record({
    fields: fc.tuple(
      fc.constantFrom("t", "t1", "t_10", "u v", "#t"),
      fc.constantFrom("Q0", ""),
      id,
      fc.constantFrom("1", ""),
      scoreText,
      fc.constantFrom("tag", "", "x y"),
    ),
    between: fc.constantFrom("\t", " ", "  ", " \t"),
    end: fc.constantFrom("", "", "", "\r", " ", " more", "\tmore", "\u0007", "\u007f"),
    cut: fc.integer({ min: 0, max: 60 }),
  })
  .map(({ fields, between, end, cut }) => (cut < 4 ? fields.slice(0, cut).join(between) : fields.join(between)) + end);
const good = fc
  .tuple(fc.constantFrom("t", "t1"), id, fc.integer({ min: -99, max: 99 }), fc.constantFrom(" ", "\t"))
  .map(([turn, passage, score, between]) => [turn, "Q0", passage.replace(" ", ""), "1", String(score / 8), "tag"].join(between));

/** One line alone, without its line feed: that one is always read with care. */
async function careful(text: string): Promise<Row | "nothing" | DataError> {
  const [row, problem] = await rowsOf(text);
  if (problem === undefined) return row[0]!;
  return problem.message.includes("no ranking at all") ? "nothing" : problem;
}

async function rowsOf(content: string): Promise<[Row[], undefined, string] | [undefined, DataError]> {
  writeFileSync(path, content);
  try {
    const run = await readTrecRun(path);
    return [run.turns.flatMap((turn) => run.passages(turn).map((passage) => ({ turn, ...passage }))), undefined, run.tag];
  } catch (error) {
    if (error instanceof DataError) return [undefined, error];
    throw error;
  }
}

describe("a run read at once", () => {
  it("holds what its lines hold one by one, or is refused for the first line that is", async () => {
    let refused = 0;
    let read = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof({ arbitrary: good, weight: 6 }, { arbitrary: line, weight: 1 }), { minLength: 1, maxLength: 6 }),
        async (lines) => {
          const rows: Row[] = [];
          let wrong: string | undefined;
          for (const [i, text] of lines.entries()) {
            const one = await careful(text);
            if (one === "nothing") continue;
            if (one instanceof DataError) {
              wrong = one.message.replace(/:1\b/, `:${i + 1}`);
              break;
            }
            rows.push(one);
          }
          fc.pre(wrong !== undefined || rows.length > 0);
          fc.pre(new Set(rows.map((row) => `${row.turn}\n${row.id}`)).size === rows.length);
          const [whole, problem] = await rowsOf(`${lines.join("\n")}\n`);
          if (wrong !== undefined) {
            expect(problem?.message).toBe(wrong);
            refused++;
            return;
          }
          read++;
          const key = (row: Row): string => JSON.stringify(row);
          expect(whole!.map(key).sort()).toEqual(rows.map(key).sort());
        },
      ),
      {
        numRuns: 200,
        examples: ["t Q0 p 1 1 ", "t\tQ0\tp\t1\t1\t", "t Q0 p 1 9007199254740957 x", "t Q0 p 1 0.72511964471402477 x"].map((text) => [
          [text],
        ]),
      },
    );
    expect(refused).toBeGreaterThan(10);
    expect(read).toBeGreaterThan(40);
  });

  it.each([
    ["tabs", "\t", 6],
    ["spaces", " ", 6],
    ["several spaces", "   ", 6],
  ])("is walked once where %s separate plain lines", (_, between, rows) => {
    const lines = Array.from({ length: rows }, (__, i) => ["t", "Q0", `p${i}`, "1", `${i}.25`, "tag"].join(between));
    const bytes = Buffer.from(`${lines.join("\n")}\n`);
    const columns = new RunColumns();
    const cursor = { line: 0, turn: -1, turnBytes: new Uint8Array(0), tagStart: 0, tagEnd: 0 };
    const separator = plainSeparator(bytes, { clean: true, tabs: between === "\t" })!;
    expect(takePlainLines(bytes, { start: 0, end: bytes.length, separator }, { cursor, columns, turn: () => 0 })).toBe(bytes.length);
    expect(columns.rows).toBe(rows);
    expect(cursor.line).toBe(rows);
    expect([...columns.scores.subarray(0, rows)]).toEqual(lines.map((__, i) => i + 0.25));
  });
});

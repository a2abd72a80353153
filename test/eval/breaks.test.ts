/** @file A metric broken in the ways metrics are broken: the vectors see each of them. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { compiled } from "../helpers/compiled.ts";
import { needs } from "../helpers/shared-data.ts";
import { cases, expectedLines, sorted, written } from "./trec-eval-runs.ts";

/** What is replaced in the compiled code, where it stands exactly once. */
interface Break {
  file: string;
  find: string;
  replace: string;
}

const BREAKS = {
  "equal scores in ascending order of ids": {
    file: "/src/util/run-table.js",
    find: "{ aStart: idStarts[b], aEnd: idStarts[b + 1], bStart: idStarts[a], bEnd: idStarts[a + 1] }",
    replace: "{ aStart: idStarts[a], aEnd: idStarts[a + 1], bStart: idStarts[b], bEnd: idStarts[b + 1] }",
  },
  "2^grade - 1 as the gain": { file: "/eval/ranking.js", find: "sum += gain / Math", replace: "sum += (2 ** gain - 1) / Math" },
  "turns that the run lacks left out": {
    file: "/src/evaluate/scoring/turns.js",
    find: 'averaging === "all" ? [...judged] : shared',
    replace: "shared",
  },
  "scores in single precision": {
    file: "/src/util/trec-run-plain.js",
    find: "scores[rows] = score;",
    replace: "scores[rows] = Math.fround(score);",
  },
  "the natural logarithm": { file: "/eval/ranking.js", find: "gain / Math.log2(i + 2)", replace: "gain / Math.log(i + 2)" },
  "a discount that starts a rank later": {
    file: "/eval/ranking.js",
    find: "gain / Math.log2(i + 2)",
    replace: "gain / Math.max(1, Math.log2(i + 1))",
  },
} satisfies Record<string, Break>;

/** trec_eval's lines for turns of every kind, and the gain of grades 1, 3 and 2 at ranks 1, 3 and 5. */
const mixture = cases.at(-1)!;
const EXPECTED = { lines: sorted(expectedLines(mixture)), gain: 1 + 3 / 2 + 2 / Math.log2(6) };

const folder = mkdtempSync(join(tmpdir(), "uniconv-breaks-"));
afterAll(() => rmSync(folder, { recursive: true }));
const options = written(folder, mixture);

describe("the vectors", () => {
  const found = Object.fromEntries(Object.entries({ nothing: undefined, ...BREAKS }).map(([name, one]) => [name, score(options, one)]));

  it("agree with what is whole", async () => {
    const { lines, gain } = await found["nothing"]!;
    expect(sorted(lines)).toEqual(EXPECTED.lines);
    expect(gain).toBeCloseTo(EXPECTED.gain, 12);
  });

  // nDCG is a quotient of two gains, from which the base of the logarithm cancels out: only the gain itself shows it.
  it.each(Object.keys(BREAKS).filter((name) => name !== "the natural logarithm"))("see %s", async (name) => {
    const { lines } = await found[name]!;
    expect(lines.length).toBeGreaterThan(400);
    expect(sorted(lines)).not.toEqual(EXPECTED.lines);
  });

  it("see the natural logarithm", async () => {
    const { lines, gain } = await found["the natural logarithm"]!;
    expect(sorted(lines)).toEqual(EXPECTED.lines);
    expect(Math.abs(gain - EXPECTED.gain)).toBeGreaterThan(0.1);
  });
});

const cast = needs("vectors", "ecir2023_cast21");

describe.skipIf(cast.absent)(cast.title("a real run's nDCG@3, published as .3999,"), () => {
  // Two of the figures that other implementations get for it.
  it.each([
    ["equal scores in ascending order of ids", "0.4005"],
    ["2^grade - 1 as the gain", "0.3151"],
  ] as const)("would with %s be %s", async (name, value) => {
    const real = {
      run: [join(cast.path, "automatic_bm25_mono-t5_2021.trec.gz")],
      qrels: join(cast.path, "qrels.2021.txt"),
      metric: ["ndcg_cut_3"],
      format: "trec_eval",
      averaging: "all",
      bootstrap: 0,
    };
    expect((await score(real, BREAKS[name])).lines).toEqual([`${"ndcg_cut_3".padEnd(22)}\tall\t${value}`]);
  });
});

async function score(how: Record<string, unknown>, broken: Break | undefined): Promise<{ lines: string[]; gain: number }> {
  const dist = resolve(compiled("src/evaluate/evaluate.ts"), "../../..");
  const script = resolve(import.meta.dirname, "../helpers/score-broken.mjs");
  const patch = broken === undefined ? [] : [JSON.stringify(broken)];
  const { stdout } = await promisify(execFile)(process.execPath, [script, dist, JSON.stringify(how), ...patch], { maxBuffer: 1 << 26 });
  return JSON.parse(stdout) as { lines: string[]; gain: number };
}

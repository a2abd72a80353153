/** @file What evaluate, compare and prepare-data must refuse in the files people bring: runs, answers, judgements, turns, passages. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { compare } from "../../src/evaluate/compare.ts";
import { evaluate } from "../../src/evaluate/evaluate.ts";
import { prepareData } from "../../src/prepare/prepare-data.ts";
import { CompareOptions } from "../../src/schema/options/compare.ts";
import { EvaluateOptions } from "../../src/schema/options/evaluate.ts";
import { PrepareDataOptions } from "../../src/schema/options/prepare-data.ts";
import { silentReporter } from "../../src/util/reporter.ts";
import { BAD_LINES, type BadInput, describeBadInput, DIRECTORY } from "../helpers/bad-input.ts";
import { tempDir } from "../helpers/temp.ts";

const root = tempDir();
const context = { reporter: silentReporter, signal: new AbortController().signal };
const own = { conversation: "c", turn: 1, question: "who?", responses: ["anna"], gold: ["p1"], split: "test" };
const lines = (...records: readonly object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join("");
const [turns, passages, trec, qrels] = ["turns.jsonl", "passages.jsonl", "good.trec", "good.qrels"].map((name) => join(root, name)) as [
  string,
  string,
  string,
  string,
];
const prepared = join(root, "prepared");

beforeAll(async () => {
  writeFileSync(turns, lines(own, { ...own, turn: 2, responses: ["in 1900"], gold: ["p2"] }));
  writeFileSync(passages, lines({ id: "p1", text: "anna" }, { id: "p2", text: "1900" }));
  writeFileSync(trec, "c_1 Q0 p1 1 2 t\nc_2 Q0 p1 1 2 t\n");
  writeFileSync(qrels, "c_1 0 p1 1\nc_2 0 p2 1\n");
  await prepare({ input: [turns], collection: [passages], output: prepared });
});

function prepare(options: Record<string, unknown>) {
  return prepareData(PrepareDataOptions.parse({ dataset: "jsonl", ...options }), context);
}

/** With every output an evaluation can have, so that a test sees what a refusal leaves behind. */
function score(options: Record<string, unknown>, dir: string) {
  const report = ["html", "junit", "markdown"].map((kind) => `${kind}=${join(dir, kind)}`);
  return evaluate(EvaluateOptions.parse({ bootstrap: 0, permutations: 0, output: join(dir, "out"), report, ...options }), context);
}

/** What every reader of plain lines must refuse; `line` is a good one. */
const plain = (line: string): BadInput[] => [
  { name: "a missing file", content: null, says: /: no such file/ },
  { name: "a directory", content: DIRECTORY, says: /is a directory|no artifact of uniconv/ },
  { name: "a lone carriage return", content: `${line}\r${line}\r`, says: /:1: .*a carriage return alone does not end a line/ },
  { name: "a byte order mark between two joined files", content: `${line}\n\ufeff${line}\n`, says: /:2: a byte order mark/ },
  { name: "UTF-16", content: Buffer.from(`\ufeff${line}\n`, "utf16le"), says: /:1: .*UTF-16/ },
  { name: "a NUL tail", content: `${line}\n${"\0".repeat(64)}`, says: /:2: .*NUL bytes/ },
  { name: "text that is not UTF-8", content: Buffer.from(`${line}\xff\n`, "latin1"), says: /:1: .*UTF-8/ },
  { name: "gzip under another name", content: gzipSync(line), says: /:1: .*gzip; name the file \.gz/ },
];

describeBadInput("evaluate --run of TREC lines", {
  file: "x.trec",
  read: (path, dir) => score({ input: prepared, run: [path] }, dir),
  cases: [
    { name: "a line of 33 MB", content: Buffer.alloc(33 << 20, "x"), says: /:1: longer than 32 MiB/ },
    ...plain("c_1 Q0 p1 1 2 t"),
    ...["", " \n\t\n", "\ufeff", "# a comment\n"].map((content) => ({ name: JSON.stringify(content), content, says: /no ranking at all/ })),
    { name: "5 columns", content: "c_1 Q0 p1 1 2 t\nc_1 Q0 p2 2 1\n", says: /:2: has 5 columns, expected 6/ },
    { name: "4 tabs", content: "c_1\tQ0\tTypes of cheese\t1\t2\n", says: /:1: has 5 columns, expected 6/ },
    { name: "4 columns", content: "c_1 0 p1 1\n", says: /:1: has 4 columns.*qrels/ },
    { name: "an id with spaces and no tabs", content: "c_1 Q0 a cat nap 1 2 t\n", says: /:1: score "nap".*ids with spaces need tabs/ },
    ...["NaN", "inf", "1e400", "-1e400", "0x10", "", "1,5", "1_0", "٣"].map((bad) => ({
      name: `the score "${bad}"`,
      content: `c_1\tQ0\tp1\t1\t${bad}\tt\n`,
      says: new RegExp(`:1: score "${bad}" is not a finite number`),
    })),
    {
      name: "a passage twice",
      content: "c_1 Q0 p1 1 2 t\nc_2 Q0 p1 1 2 t\nc_1 Q0 p1 2 1 t\n",
      says: /:3: passage "p1" is listed twice for turn "c_1" \(first at line 1\)/,
    },
    {
      name: "no turn in common",
      content: "x Q0 p1 1 2 t\n",
      says: /: ranks none of the judged turns of .*: it has "x", there are "c_1", "c_2"/,
    },
    { name: "JSON lines", content: lines({ turn: "c_1", passages: [] }), says: /:1: .*looks like JSON lines: name the file \.jsonl/ },
  ],
});

describeBadInput("evaluate --run of damaged gzip", {
  file: "x.trec.gz",
  read: (path, dir) => score({ input: prepared, run: [path] }, dir),
  cases: [
    { name: "one cut short", content: gzipSync("c_1 Q0 p1 1 2 t\n").subarray(0, -9), says: /damaged or unfinished gzip/ },
    { name: "one with a wrong checksum", content: flipped(gzipSync("c_1 Q0 p1 1 2 t\n")), says: /damaged or unfinished gzip/ },
    { name: "one that is none", content: "c_1 Q0 p1 1 2 t\n", says: /damaged or unfinished gzip/ },
  ],
});

function flipped(bytes: Buffer): Buffer {
  bytes[bytes.length - 8]! ^= 1;
  return bytes;
}

describeBadInput("evaluate --run of JSON lines", {
  file: "x.jsonl",
  read: (path, dir) => score({ input: prepared, run: [path] }, dir),
  cases: [
    ...BAD_LINES.filter(({ name }) => name !== "a directory"),
    {
      name: "a passage twice, behind blank lines",
      content: `${lines({ turn: "c_1", passages: [] })}\n\n${lines({
        turn: "c_2",
        passages: [
          { id: "p", score: 2 },
          { id: "p", score: 1 },
        ],
      })}`,
      says: /:4: passages\.1\.id: "p" is listed twice \(first as passages\.0\)/,
    },
    {
      name: "a turn twice",
      content: lines({ turn: "c_1", passages: [] }, { turn: "c_1", passages: [] }),
      says: /:2: the id "c_1" is in line 1/,
    },
    {
      name: "an overflowing score",
      content: '{"turn":"c_1","passages":[{"id":"p","score":1e400}]}\n',
      says: /:1: byte \d+: a number too large/,
    },
    {
      name: "a score in quotes",
      content: lines({ turn: "c_1", passages: [{ id: "p", score: "1" }] }),
      says: /:1: passages\.0\.score: .*number/,
    },
    { name: "TREC lines", content: "c_1 Q0 p1 1 2 t\n", says: /:1: byte 1: expected a value, found 'c'/ },
  ],
});

describeBadInput("evaluate --responses", {
  file: "x.jsonl",
  read: (path, dir) => score({ input: prepared, responses: [path] }, dir),
  cases: [
    ...BAD_LINES.filter(({ name }) => name !== "a directory"),
    { name: "no text", content: lines({ turn: "c_1" }), says: /:1: response: is missing, expected string/ },
    { name: "null for text", content: lines({ turn: "c_1", response: null }), says: /:1: response: .*string.*null/ },
    { name: "a number for an id", content: lines({ turn: 1, response: "x" }), says: /:1: turn: .*string.*number/ },
    {
      name: "a turn twice",
      content: lines({ turn: "c_1", response: "" }, { turn: "c_1", response: "" }),
      says: /:2: the id "c_1" is in line 1/,
    },
    { name: "unknown turns only", content: lines({ turn: "z", response: "x" }), says: /answers none of the referenced turns .*"z".*"c_1"/ },
    { name: "an unknown key", content: lines({ turn: "c_1", response: "x", answer: "y" }), says: /:1: .*"answer"/ },
    { name: "deep nesting", content: `{"turn":"c_1","response":${"[".repeat(100_000)}\n`, says: /:1: byte \d+: nested deeper/ },
    { name: "a run", content: lines({ turn: "c_1", passages: [{ id: "p1", score: 1 }] }), says: /:1: response: is missing/ },
  ],
});

const badQrels: BadInput[] = [
  ...plain("c_1 0 p1 1").filter(({ name }) => name !== "a directory"),
  ...["", " \n\t\n", "{}", '{"c_1":{"":1}}'].map((content) => ({ name: JSON.stringify(content), content, says: /no judgement at all/ })),
  { name: "3 columns", content: "c_1 0 p1 1\nc_1 p1 1\n", says: /:2: has 3 columns, expected 4.*BEIR/ },
  { name: "5 columns", content: "c_1 0 p1 1 x\n", says: /:1: has 5 columns, expected 4/ },
  { name: "a run", content: "c_1 Q0 p1 1 2 t\n", says: /:1: has 6 columns.*is this a run/ },
  ...["1.5", "1a", "", "9999999999", "0x1"].map((grade) => ({
    name: `grade "${grade}"`,
    content: `c_1\t0\tp1\t${grade}\n`,
    says: new RegExp(`:1: grade "${grade}" is not a whole number`),
  })),
  {
    name: "a pair twice",
    content: "c_1 0 p1 1\nc_1 0 p1 2\n",
    says: /:2: passage "p1" is judged twice for turn "c_1", with grade 1 and now 2/,
  },
  { name: "a repeated passage in JSON", content: '{"c_1":{"p1":1,"p1":2}}', says: /:1: byte 16: the key "p1" is there twice/ },
  { name: "a repeated turn in JSON", content: '{"c_1":{"p1":1},\n"c_1":{"p2":1}}', says: /:2: the key "c_1" is in line 1 already/ },
  { name: "a list in JSON", content: '{"c_1":["p1"]}', says: /:1: turn "c_1": expected an object/ },
  { name: "a grade that is true", content: '{"c_1":{"p1":true}}', says: /:1: .*grade true is not a whole number/ },
  { name: "half a JSON file", content: '{"c_1":{"p1":1', says: /:1: the file ends inside a JSON value/ },
  { name: "half a surrogate pair in a key", content: '{"c_1":{"p\\ud800":1}}', says: /:1: byte 9: a key holds half a surrogate pair/ },
];
describeBadInput("evaluate --qrels", {
  file: "x.qrels",
  read: (path, dir) => score({ qrels: path, run: [trec] }, dir),
  cases: [
    ...badQrels,
    { name: "no turn in common", content: "x 0 p1 1\n", says: /ranks none of the judged turns .*"c_1", "c_2", there are "x"/ },
  ],
});
describeBadInput("prepare-data --qrels", {
  file: "x.qrels",
  read: (path, dir) => prepare({ input: [turns], collection: [passages], qrels: [path], output: join(dir, "out") }),
  cases: [...badQrels, { name: "no turn in common", content: "x 0 p1 1\n", says: /No judgement is about a turn of the input/ }],
});

test("prepare-data refuses a pair judged in two files", async () => {
  const again = join(root, "again.qrels");
  writeFileSync(again, "c_1 0 p1 2\n");
  await expect(prepare({ input: [turns], collection: [passages], qrels: [qrels, again], output: join(root, "twice") })).rejects.toThrow(
    `${again}: The passage "p1" is judged for the turn "c_1" in ${qrels} already; keep one.`,
  );
});

describeBadInput("prepare-data --dataset jsonl", {
  file: "x.jsonl",
  read: (path, dir) => prepare({ input: [path], collection: [passages], output: join(dir, "out") }),
  cases: [
    ...BAD_LINES,
    { name: "a turn twice", content: `${lines(own)}\n${lines(own)}`, says: /:3: The turn "c_1" was given at .*x\.jsonl:1 already/ },
    {
      name: "a turn of two whose ids meet",
      content: lines({ ...own, conversation: "a_1" }, { ...own, conversation: "a", turn: "1_1" }),
      says: /:2: turn: /,
    },
    { name: "no question", content: lines({ ...own, question: "" }), says: /:1: question: / },
  ],
});
describeBadInput("prepare-data --collection of JSON lines", {
  file: "x.jsonl",
  read: (path, dir) => prepare({ input: [turns], collection: [path], output: join(dir, "out") }),
  cases: [
    ...BAD_LINES,
    {
      name: "an id twice",
      content: lines({ id: "p", text: "a" }, { id: "p", text: "b" }),
      says: /:2: The passage "p" was given at .*x\.jsonl:1 already/,
    },
  ],
});
describeBadInput("prepare-data --collection as TSV", {
  file: "x.tsv",
  read: (path, dir) => prepare({ input: [turns], collection: [path], output: join(dir, "out") }),
  cases: [
    ...plain("p1\ttext").filter(({ name }) => !/carriage|NUL/.test(name)),
    { name: "no tab", content: "p1\ttext\np2 text\n", says: /:2: Expected "id<TAB>text"/ },
    { name: "an id twice", content: "p1\ta\np1\tb\n", says: /:2: The passage "p1" was given at .*x\.tsv:1 already/ },
  ],
});
describeBadInput("prepare-data --dataset trec", {
  file: "x.test.tsv",
  read: (path, dir) => prepare({ dataset: "trec", input: [path], collection: [passages], output: join(dir, "out") }),
  cases: [
    ...plain("1\twho?").filter(({ name }) => !/carriage|NUL/.test(name)),
    { name: "an empty file", content: "", says: /0 records/ },
    { name: "no query", content: "1\twho?\n2\t \n", says: /:2: Expected "id<TAB>query"/ },
    { name: "a topic twice", content: "1\twho?\n1\twhen?\n", says: /:2: The turn "1_1" was given at .*:1 already/ },
  ],
});
describeBadInput("prepare-data --dataset beir", {
  file: "test.tsv",
  read: (path, dir) => {
    const folder = tempDir();
    mkdirSync(join(folder, "qrels"));
    for (const name of ["queries", "corpus"]) writeFileSync(join(folder, `${name}.jsonl`), lines({ _id: "1", text: "x" }));
    if (existsSync(path)) copyFileSync(path, join(folder, "qrels", "test.tsv"));
    return prepare({ dataset: "beir", input: [folder], output: join(dir, "out") });
  },
  cases: [
    { name: "a grade of 1.5", content: "query-id\tcorpus-id\tscore\n1\t1\t1.5\n", says: /:2: Expected "query-id<TAB>corpus-id<TAB>score"/ },
    { name: "TREC's four columns", content: "1\t0\t1\t1\n", says: /:1: Expected "query-id<TAB>corpus-id<TAB>score"/ },
    { name: "a byte order mark in the middle", content: "1\t1\t1\n\ufeff1\t2\t1\n", says: /:2: a byte order mark/ },
    { name: "a pair twice", content: "1\t1\t1\n1\t1\t0\n", says: /:2: The passage "1" is judged twice for the query "1", first at line 1/ },
  ],
});

describeBadInput("compare", {
  file: "metrics.json",
  read: (path) => compare(CompareOptions.parse({ base: path, new: path }), context),
  cases: [
    { name: "a missing file", content: null, says: /no such file/ },
    { name: "an empty file", content: "", says: /:1: the file ends/ },
    { name: "a JSON of another program", content: "{}", says: /is no metrics\.json of uniconv: results: is missing/ },
    { name: "half a file", content: '{"results":{"a":', says: /:1: the file ends inside a JSON value/ },
    { name: "a repeated key", content: '{"results":{"a":{},"a":{}}}', says: /:1: byte 20: the key "a" is there twice/ },
    { name: "a run", content: "c_1 Q0 p1 1 2 t\n", says: /:1: byte 1: expected a value/ },
    { name: "text that is not UTF-8", content: Buffer.from('{"results":{"\xff":{}}}', "latin1"), says: /:1: byte 14: not UTF-8/ },
  ],
});

describe("an evaluation that ends without a result leaves nothing behind", () => {
  const refused = async (options: Record<string, unknown>, signal = context.signal) => {
    const dir = tempDir();
    const report = ["html", "junit", "markdown"].map((kind) => `${kind}=${join(dir, kind)}`);
    const given = EvaluateOptions.parse({ input: prepared, run: [trec], bootstrap: 0, report, output: join(dir, "out"), ...options });
    const error = await evaluate(given, { ...context, signal }).then(
      () => undefined,
      (reason: unknown) => reason as { exitCode: number; message: string },
    );
    expect(readdirSync(dir)).toEqual([]);
    return [error?.exitCode, error?.message];
  };

  test("where the output is another artifact, a metric has nothing to score, or an option says nothing", async () => {
    expect(await refused({ output: prepared })).toEqual([2, expect.stringContaining("holds another artifact")]);
    expect(await refused({ metric: ["F1"] })).toEqual([2, expect.stringContaining("F1 has nothing to score")]);
    expect(await refused({ by: ["nonsense"] })).toEqual([2, expect.stringContaining("--by nonsense")]);
    expect(await refused({ per_turn: true })).toEqual([2, expect.stringContaining("--per-turn goes with --format trec_eval")]);
  });

  test("where it is interrupted", async () => {
    const controller = new AbortController();
    controller.abort();
    expect(await refused({}, controller.signal)).toEqual([130, expect.stringContaining("before anything was written")]);
  });
});

describe("what is left out or cannot count is said", () => {
  const said = async (options: Record<string, unknown>) => {
    const lines: string[] = [];
    const note = (text: string): number => lines.push(text);
    const reporter = { ...silentReporter, warn: note, info: note };
    await evaluate(EvaluateOptions.parse({ input: prepared, run: [trec], bootstrap: 0, ...options }), { ...context, reporter });
    return lines;
  };

  test("judgements of turns that the split does not have", async () => {
    const more = join(root, "more.qrels");
    writeFileSync(more, "c_1 0 p1 1\nc_2 0 p2 1\nz_1 0 p1 1\nz_2 0 p1 1\nz_3 0 p1 1\n");
    expect(await said({ qrels: more })).toEqual([`${more} judges 3 turns beside those of ${prepared} (split test); they are not scored`]);
  });

  test("a relevance level that no grade reaches", async () => {
    expect(await said({ relevance_level: 2 })).toEqual([expect.stringMatching(/no passage is judged 2 or higher/)]);
    expect(await said({ relevance_level: 1 })).toEqual([]);
  });

  test("the same file given twice", async () => {
    await expect(said({ run: [trec, trec] })).rejects.toThrow(/two inputs are named ".*good"; give each a name of its own/);
  });
});

describe("what looks bad and is not", () => {
  const dir = tempDir();
  const file = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(dir, name), content);
    return join(dir, name);
  };
  const said: string[] = [];
  const listening = { ...context, reporter: { ...silentReporter, warn: (text: string) => said.push(text) } };
  const scores = async (options: Record<string, unknown>) => {
    said.length = 0;
    const { evaluation } = await evaluate(EvaluateOptions.parse({ bootstrap: 0, permutations: 0, ...options }), listening);
    return Object.fromEntries(evaluation.systems[0]!.cells.map(({ metric, value }) => [metric, value]));
  };

  test.each<[string, string | Uint8Array]>([
    ["CRLF", "c_1 Q0 p1 1 2 t\r\nc_2 Q0 p1 1 2 t\r\n"],
    ["no final newline", "c_1 Q0 p1 1 2 t\nc_2 Q0 p1 1 2 t"],
    ["a byte order mark at the start", "\ufeffc_1 Q0 p1 1 2 t\nc_2 Q0 p1 1 2 t\n"],
    ["7 columns", "c_1 Q0 p1 1 200 0.7 ance\nc_2 Q0 p1 1 200 0.7 ance\n"],
    ["blank lines", "\nc_1 Q0 p1 1 2 t\n\nc_2 Q0 p1 1 2 t\n\n"],
    ["other turns beside ours, and ids of Object.prototype", "c_1 Q0 p1 1 2 t\nc_2 Q0 p1 1 2 t\n__proto__ Q0 constructor 1 2 t\n"],
    ["gzip of two members", Buffer.concat([gzipSync("c_1 Q0 p1 1 2 t\n"), gzipSync("c_2 Q0 p1 1 2 t\n")])],
  ])("a run with %s", async (name, content) => {
    const path = file(typeof content === "string" ? "ok.trec" : "ok.trec.gz", content);
    expect(await scores({ input: prepared, run: [path], metric: ["RR"] }), name).toEqual({ RR: 0.5 });
  });

  test("judgements with negative grades, ids with spaces between tabs, and names of Object.prototype", async () => {
    const judged = file("ok.qrels", "c_1\t0\tp 1\t1\nc_1\t0\tp2\t-1\nconstructor\t0\t__proto__\t1\n");
    const run = file("ok2.trec", "c_1\tQ0\tp2\t1\t2\tt\nc_1\tQ0\tp 1\t2\t1\tt\nconstructor\tQ0\t__proto__\t1\t1\tt\n");
    expect(await scores({ qrels: judged, run: [run], metric: ["RR"] })).toEqual({ RR: 0.75 });
  });

  test("answers with half a surrogate pair or blank lines between: accepted, and said", async () => {
    const path = file("ok.jsonl", '{"turn":"c_1","response":"anna"}\n\n{"turn":"c_2","response":"\\ud800"}\n');
    expect(await scores({ input: prepared, responses: [path] })).toEqual({ F1: 0.5 });
    expect(said).toEqual([
      expect.stringMatching(/ok\.jsonl:3: half a surrogate pair.*U\+FFFD/),
      expect.stringMatching(/1 blank line skipped/),
    ]);
  });
});

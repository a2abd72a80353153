/** @file `validate` names every problem of a file with its line, and judges the collected damaged files as the stages that read them do. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { validate } from "../../src/pipelines/validate.ts";
import { prepareData } from "../../src/prepare/prepare-data.ts";
import { PrepareDataOptions } from "../../src/schema/options/prepare-data.ts";
import { ValidateOptions } from "../../src/schema/options/validate.ts";
import { silentReporter } from "../../src/util/reporter.ts";
import { needs } from "../helpers/shared-data.ts";
import { tempDir } from "../helpers/temp.ts";

const dir = tempDir();
const context = { reporter: silentReporter, signal: new AbortController().signal };
const check = (options: Record<string, unknown>) => validate(ValidateOptions.parse(options), context);

/** The places of all problems, as `line: words`. */
async function problems(name: string, content: string | Uint8Array, options: Record<string, unknown>): Promise<string[]> {
  const path = join(dir, name);
  writeFileSync(path, content);
  const { as, dataset, given = "paths" } = options;
  const result = await check({
    [given as string]: [path],
    ...(as === undefined ? {} : { as }),
    ...(dataset === undefined ? {} : { dataset }),
  });
  expect(result.found).toBe(result.problems.length);
  for (const problem of result.problems) expect(problem).toContain(path);
  return result.problems.map((problem) => problem.replace(`${path}:`, "").replaceAll(path, name));
}

const json = (...records: readonly object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join("");

describe("validate names every problem of", () => {
  test("a TREC run: bad lines, and each passage listed again", async () => {
    const run = "a Q0 p 1 2 t\nb Q0 p 1 NaN t\nhello\na Q0 p 2 1 t\n\ufeffc Q0 p 1 1 t\na Q0 p 3 0 t\nb Q0 q 1 1 t\n";
    expect(await problems("x.trec", run, {})).toEqual([
      expect.stringMatching(/^2: score "NaN"/),
      expect.stringMatching(/^3: has 1 column/),
      expect.stringMatching(/^5: a byte order mark/),
      expect.stringMatching(/^4: passage "p" is listed twice for turn "a" \(first at line 1\)/),
      expect.stringMatching(/^6: passage "p" is listed twice for turn "a" \(first at line 1\)/),
    ]);
    const { checked } = await check({ paths: [join(dir, "x.trec")] });
    expect(checked[0]!.records).toBe(2);
  });

  test("judgements in both forms", async () => {
    const lines = Buffer.from("a 0 p 1\na 0 p 2\nb 0\nb 0 p 1a\nb 0 \xff 1\nb 0 q 1\n", "latin1");
    expect(await problems("qrels.tsv", lines, {})).toEqual([
      expect.stringMatching(/^2: .*judged twice.* with grade 1 and now 2/),
      expect.stringMatching(/^3: has 2 columns/),
      expect.stringMatching(/^4: grade "1a"/),
      expect.stringMatching(/^5: not UTF-8/),
    ]);
    const object = '{"a":{"p":1.5,"q":true,"r":1},\n"b":[],\n"a":{"p":1},\n"c":{"p":1}}';
    expect(await problems("qrels.json", object, { as: "qrels" })).toEqual([
      expect.stringMatching(/^1: turn "a", passage "p": grade 1\.5/),
      expect.stringMatching(/^1: turn "a", passage "q": grade true/),
      expect.stringMatching(/^2: turn "b": expected an object/),
      expect.stringMatching(/^3: the key "a" is in line 1 already/),
    ]);
  });

  test("a JSON run, and answers", async () => {
    const twice = { turn: "a", passages: [1, 2].map((score) => ({ id: "p", score })) };
    expect(await problems("run.jsonl", json(twice, { turn: "b", passages: [] }, { turn: "b", passages: [] }, {}), {})).toEqual([
      expect.stringMatching(/^1: passages\.1\.id: "p" is listed twice/),
      expect.stringMatching(/^3: the id "b" is in line 2 already/),
      expect.stringMatching(/^4: turn: is missing, expected string; passages: is missing/),
    ]);
    const answers = `${json({ turn: "a", response: null })}{"turn":\n[]\n${json({ turn: "a", response: "x" }, { turn: "a", response: "y" })}`;
    expect(await problems("responses.jsonl", answers, {})).toEqual([
      expect.stringMatching(/^1: response: /),
      expect.stringMatching(/^2: pretty-printed JSON/),
      expect.stringMatching(/^3: found a list, expected an object/),
      expect.stringMatching(/^5: the id "a" is in line 4 already/),
    ]);
  });

  test("a file in another encoding: one, whatever its kind", async () => {
    for (const name of ["run.trec", "run.jsonl", "qrels.tsv", "responses.jsonl"])
      expect(await problems(name, Buffer.from("\ufeffa 0 p 1\n", "utf16le"), {})).toEqual([expect.stringMatching(/^1: .*UTF-16/)]);
  });

  test("a dataset's own files: records, lines, and ids given again", async () => {
    const turn = { conversation: "c", turn: 1, question: "?", split: "test" };
    const turns = `${json(turn, { ...turn, turn: 0 })}{\n${json({ ...turn, turn: 2 }, turn, turn)}`;
    expect(await problems("turns.jsonl", turns, { dataset: "jsonl" })).toEqual([
      expect.stringMatching(/^2: turn: /),
      expect.stringMatching(/^3: /),
      expect.stringMatching(/^5: the turn "c_1" was given at turns\.jsonl:1 already/),
      expect.stringMatching(/^6: the turn "c_1" was given at turns\.jsonl:1 already/),
    ]);
    const collection = await problems("passages.tsv", "p\ttext\nq text\np\tother\nr\ta\tb\tc\n", { dataset: "jsonl", given: "collection" });
    expect(collection).toEqual([
      expect.stringMatching(/^2: Expected "id<TAB>text"/),
      expect.stringMatching(/^4: Expected "id<TAB>text"/),
      expect.stringMatching(/^3: the passage "p" was given at passages\.tsv:1 already/),
    ]);
    const topics = [{ number: 1, turn: [{ number: 1, raw_utterance: "?" }] }, { number: "x", turns: [] }, 5]
      .map((topic) => JSON.stringify(topic))
      .join(",\n");
    expect(await problems("topics.json", `[${topics}]`, { dataset: "cast" })).toEqual([
      expect.stringMatching(/^2: This is not a CAsT topic/),
      expect.stringMatching(/^3: This is not a CAsT topic/),
    ]);
  });
});

interface Case {
  file: string;
  expect: "accept" | "reject" | "accept-with-warning";
}

/** The same damage in other records: keys change their names, nothing else does. */
const SLOTS: Record<string, (bytes: Buffer) => Buffer> = {
  collection: (bytes) => bytes,
  responses: (bytes) =>
    renamed(bytes, [
      ['"id":', '"turn":'],
      ['"text":', '"response":'],
    ]),
  turns: (bytes) =>
    renamed(bytes, [
      ['"id":', '"conversation":'],
      ['"text":', '"turn":1,"question":'],
    ]),
};

function renamed(bytes: Buffer, names: readonly (readonly [string, string])[]): Buffer {
  let text = bytes.toString("latin1");
  for (const [from, to] of names) text = text.replaceAll(from, to);
  return Buffer.from(text, "latin1");
}

const cases = needs("robustness", "lab-cases", "jsonl");
describe.skipIf(cases.absent)(cases.title("the lab cases of JSON lines, as validate and prepare-data see them"), () => {
  const manifest = cases.absent ? [] : (JSON.parse(readFileSync(join(cases.path, "manifest.json"), "utf8")) as Case[]);

  // Turns and answers take no other keys, so what has some is refused there.
  test.each(manifest.filter(({ file }) => file !== "proto_pollution.jsonl"))("$expect $file", async ({ file, expect: verdict }) => {
    const bytes = readFileSync(join(cases.path, file));
    for (const [slot, change] of Object.entries(SLOTS)) {
      const path = join(dir, `${slot}-${file}`);
      writeFileSync(path, change(bytes));
      const own = slot === "collection" ? { collection: [path] } : { paths: [path] };
      const { found } = await check({ ...own, ...(slot === "responses" ? { as: "responses" } : { dataset: "jsonl" }) });
      expect(found > 0, `${slot} of ${file}`).toBe(verdict === "reject");
    }
    const output = join(dir, `prepared-${file}`);
    const prepared = prepareData(
      PrepareDataOptions.parse({ dataset: "jsonl", input: [join(dir, `turns-${file}`)], split: "test", output }),
      context,
    );
    if (verdict !== "reject") expect(await prepared).toMatchObject({ status: "written" });
    else await expect(prepared).rejects.toMatchObject({ exitCode: 3, message: expect.stringContaining(file) as string });
  });
});

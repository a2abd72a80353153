/** @file Bad input: each case names the thing, its place and the fix, with the exit code of its kind, and leaves nothing behind. */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { DataError, UniconvError } from "../../src/util/errors.ts";
import { freshFolder, prepare, sample } from "./prepared.ts";

const inscitFile = sample("inscit", "dev.json");
const topiocqaFile = sample("topiocqa", "final_dev.json");

type Options = Parameters<typeof prepare>[0];

/** The error, after a look that neither the output nor a part of it is there. */
async function refusal(options: Options): Promise<UniconvError> {
  const output = options.output ?? join(freshFolder(), "prepared");
  const before = existsSync(output) ? readdirSync(output) : undefined;
  const error = await prepare({ ...options, output }).then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(UniconvError);
  expect(existsSync(output) ? readdirSync(output) : undefined).toEqual(before);
  expect(existsSync(`${output}.partial`)).toBe(false);
  const { message } = error as UniconvError;
  expect(message.length, "one screen").toBeLessThan(800);
  return error as UniconvError;
}

function written(name: string, content: string): string {
  const file = join(freshFolder(), name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

const topiocqaTurns = (): Record<string, unknown>[] => JSON.parse(readFileSync(topiocqaFile, "utf8")) as Record<string, unknown>[];

describe("text that has to be repaired", () => {
  const broken = (file: string, name: string): string =>
    written(name, readFileSync(file, "utf8").replace(/("context": \[\s*"|"Question": ")/g, "$1\\ud800"));

  test.each([
    { dataset: "inscit", file: inscitFile, shown: 2, more: [] },
    { dataset: "topiocqa", file: topiocqaFile, shown: 3, more: ["and 4 more repairs of that kind"] },
  ])("is reported with file and line, three times and then counted: $dataset", async ({ dataset, file, shown, more }) => {
    const input = broken(file, "dev.json");
    const { turns, messages } = await prepare({ dataset, input: [input] });
    expect(turns[0]!.question).toMatch(/^\ufffd/);
    const repairs = messages.filter((message) => message.includes("half a surrogate pair"));
    expect(repairs).toHaveLength(shown);
    for (const repair of repairs) expect(repair).toMatch(/dev\.json:\d+: /);
    expect(messages.filter((message) => message.startsWith("and "))).toEqual(more);
  });
});

describe("files", () => {
  test("a missing file is bad input and named", async () => {
    const error = await refusal({ dataset: "inscit", input: ["/nowhere/dev.json"] });
    expect(error.exitCode).toBe(3);
    expect(error.message).toMatch(/^\/nowhere\/dev\.json: no such file/);
  });

  test.each(["inscit", "topiocqa"])("an empty file for %s is bad input", async (dataset) => {
    const file = written("dev.json", "");
    const error = await refusal({ dataset, input: [file] });
    expect(error.exitCode).toBe(3);
    expect(error.message).toContain(file);
    expect(error.message).toMatch(/empty/);
  });

  test.each([
    ["topiocqa", "[]"],
    ["inscit", "{}"],
  ])("a %s file with nothing in it is bad input", async (dataset, content) => {
    const error = await refusal({ dataset, input: [written("dev.json", content)] });
    expect(error.exitCode).toBe(3);
    expect(error.message).toMatch(/Nothing to prepare/);
  });
});

describe("formats", () => {
  test("an INSCIT file given as TopiOCQA is told from one, and the other way round", async () => {
    const wrong = await refusal({ dataset: "topiocqa", input: [inscitFile] });
    expect(wrong.exitCode).toBe(3);
    expect(wrong.message).toContain(`${inscitFile}:1:`);
    expect(wrong.message).toMatch(/JSON array/);
    expect(wrong.message).toMatch(/TopiOCQA/);
    const other = await refusal({ dataset: "inscit", input: [topiocqaFile] });
    expect(other.exitCode).toBe(3);
    expect(other.message).toContain(`${topiocqaFile}:1:`);
    expect(other.message).toMatch(/JSON object/);
    expect(other.message).toMatch(/INSCIT/);
  });

  test("a TopiOCQA file cut off in the middle is named with the line", async () => {
    const whole = readFileSync(topiocqaFile, "utf8");
    const file = written("dev.json", whole.slice(0, whole.length - 400));
    const error = await refusal({ dataset: "topiocqa", input: [file] });
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatch(/dev\.json:\d+: the file ends inside a JSON value/);
  });

  test("half a JSON line is named with its line", async () => {
    const folder = freshFolder();
    const data = join(sample("quickstart", ".."), "data");
    writeFileSync(join(folder, "passages.jsonl"), readFileSync(join(data, "passages.jsonl")));
    const lines = readFileSync(join(data, "conversations.jsonl"), "utf8").split("\n");
    writeFileSync(join(folder, "conversations.jsonl"), `${lines[0]}\n${lines[1]!.slice(0, 100)}`);
    const error = await refusal({ dataset: "quickstart", input: [folder] });
    expect(error.exitCode).toBe(3);
    expect(error.message).toMatch(/conversations\.jsonl:2: .*ends inside a JSON value/);
  });

  test("a record that lacks a key is named with the key and the line", async () => {
    const turns = topiocqaTurns();
    delete turns[1]!["Topic"];
    const file = written("dev.json", JSON.stringify(turns, undefined, 4));
    const error = await refusal({ dataset: "topiocqa", input: [file] });
    const line = 1 + JSON.stringify(turns.slice(0, 1), undefined, 4).split("\n").length - 1;
    expect(error.message).toContain(`${file}:${line}: This is not a TopiOCQA turn (Topic: `);
  });

  test("a context that does not fit the turn's number is refused", async () => {
    const turns = topiocqaTurns();
    turns[2]!["Context"] = ["only", "two"];
    const error = await refusal({ dataset: "topiocqa", input: [written("dev.json", JSON.stringify(turns))] });
    expect(error.message).toMatch(/turn "1_3" has 2 context entries, expected 4/);
  });

  test("one passage id for two texts is refused", async () => {
    const turns = topiocqaTurns();
    (turns[4]!["Gold_passage"] as { text: string }).text = "Something else.";
    const error = await refusal({ dataset: "topiocqa", input: [written("dev.json", JSON.stringify(turns))] });
    expect(error.message).toMatch(/gold passage "205" stands for two different texts/);
  });

  test("a collection row with too few fields, or a quote that never closes, is named with its line", async () => {
    const short = written("wiki.tsv", "id\ttext\ttitle\n1\tsome text\ttitle\n2\tno title\n");
    expect((await refusal({ dataset: "topiocqa", input: [topiocqaFile], collection: [short] })).message).toMatch(
      /wiki\.tsv:3: Expected three/,
    );
    const open = written("wiki.tsv", 'id\ttext\ttitle\n1\t"some text\ttitle\n2\tmore\ttitle\n');
    expect((await refusal({ dataset: "topiocqa", input: [topiocqaFile], collection: [open] })).message).toMatch(
      /wiki\.tsv:2: The file ends inside/,
    );
  });
});

describe("ids", () => {
  test("a turn given twice is refused, with both places", async () => {
    const turns = topiocqaTurns();
    const file = written("dev.json", JSON.stringify([...turns.slice(0, 2), turns[1]], undefined, 4));
    const error = await refusal({ dataset: "topiocqa", input: [file] });
    expect(error.exitCode).toBe(3);
    expect(error.message).toMatch(/dev\.json:\d+: The turn "1_2" was given at .*dev\.json:\d+ already/);
    const [second, first] = [...error.message.matchAll(/dev\.json:(\d+)/g)].map((match) => Number(match[1]));
    expect(second).toBeGreaterThan(first!);
  });

  test("the same file given twice is refused", async () => {
    const error = await refusal({ dataset: "inscit", input: [inscitFile, inscitFile] });
    expect(error.message).toMatch(/The turn "craft_level1_dial1_1" was given at/);
  });

  test("a passage given twice in a collection is refused, with both lines", async () => {
    const file = written("wiki.tsv", "id\ttext\ttitle\n7\tsome text\tone\n8\tmore\ttwo\n7\tother text\tthree\n");
    const error = await refusal({ dataset: "topiocqa", input: [topiocqaFile], collection: [file] });
    expect(error.message).toMatch(/wiki\.tsv:4: The passage "7" was given at .*wiki\.tsv:2 already/);
  });

  test("judgements about other turns than those of the input are refused, showing ids of both", async () => {
    const file = written("qrels.trec", "77-1 Q0 101 1\n77-2 Q0 102 1\n");
    const error = await refusal({ dataset: "topiocqa", input: [topiocqaFile], qrels: [file] });
    expect(error.exitCode).toBe(3);
    expect(error.message).toMatch(/judgements name 77_1, 77_2, the turns are 1_1, 1_2, 1_3/);
  });
});

describe("options", () => {
  test("a mistyped dataset gets the name that was meant, a far one the list", async () => {
    const near = await refusal({ dataset: "topicqa", input: [topiocqaFile] });
    expect(near.exitCode).toBe(2);
    expect(near.message).toMatch(/no dataset "topicqa"\. Did you mean "topiocqa"\?/);
    const far = await refusal({ dataset: "zzzzzzzz", input: [topiocqaFile] });
    expect(far.message).not.toMatch(/Did you mean/);
    expect(far.message).toMatch(/inscit, .*quickstart/);
  });

  test("an option that means nothing for the dataset is refused", async () => {
    const error = await refusal({ dataset: "inscit", input: [inscitFile], qrels: ["x"] });
    expect(error.exitCode).toBe(2);
    expect(error.message).toMatch(/--qrels means nothing for the dataset "inscit"/);
  });

  test("no input where nothing is shipped is a usage error", async () => {
    const error = await refusal({ dataset: "inscit" });
    expect(error.exitCode).toBe(2);
    expect(error.message).toMatch(/--input is missing/);
  });

  test("a file whose name tells no split needs --split", async () => {
    const error = await refusal({ dataset: "inscit", input: [written("conversations.json", readFileSync(inscitFile, "utf8"))] });
    expect(error.exitCode).toBe(2);
    expect(error.message).toMatch(/Give --split/);
  });

  test("--split together with a deal, or for a dataset that names its splits, is refused", async () => {
    expect((await refusal({ dataset: "inscit", input: [inscitFile], split: "test", split_conversations: "train=1" })).exitCode).toBe(2);
    expect((await refusal({ dataset: "quickstart", split: "test" })).message).toMatch(/names the split of every turn itself/);
  });

  test("an output that exists is kept: a foreign folder, and one made by other work", async () => {
    const foreign = freshFolder();
    writeFileSync(join(foreign, "thesis.txt"), "years of work");
    expect((await refusal({ dataset: "quickstart", output: foreign })).exitCode).toBe(2);
    expect(readFileSync(join(foreign, "thesis.txt"), "utf8")).toBe("years of work");
    const { output } = await prepare({ dataset: "quickstart" });
    const error = await refusal({ dataset: "quickstart", history: "none", output });
    expect(error.exitCode).toBe(2);
    expect(error.message).toMatch(/--overwrite/);
    const { turns } = await prepare({ dataset: "quickstart", history: "none", output, overwrite: true });
    expect(turns.every(({ history }) => history.length === 0)).toBe(true);
  });
});

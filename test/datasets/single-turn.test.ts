/** @file The readers of single queries, of training dialogues, of TREC tracks and of people's own files. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { pythonStrings } from "../../datasets/nq/python-list.ts";
import { needs } from "../helpers/shared-data.ts";
import { freshFolder, prepare, sample } from "../prepare/prepared.ts";

describe("MS MARCO passage", () => {
  test("makes a turn of each query and keeps the text as it is", async () => {
    const { turns, passages, qrels } = await prepare({
      dataset: "msmarco-passage",
      input: [sample("msmarco-passage", "queries.dev.tsv")],
      qrels: [sample("msmarco-passage", "qrels.dev.tsv")],
      collection: [sample("msmarco-passage", "collection.tsv")],
    });
    expect(turns.map(({ id }) => id)).toEqual(["9101_1", "9102_1", "9103_1", "9104_1"]);
    expect(turns[2]!.question).toBe(" what is bell metal made of");
    expect(passages[4]!.text).toMatch(/^ Bell metal/);
    expect(qrels[2]).toEqual(["9103_1", "0", "7005", "1"]);
  });

  test("trains from Tevatron's lines with their negatives and the passage as response", async () => {
    const { train } = await prepare({ dataset: "msmarco-passage", input: [sample("msmarco-passage", "train.jsonl")] });
    expect(train).toHaveLength(4);
    expect(train[0]!.negatives.map(({ id }) => id)).toEqual(["7004", "7006"]);
    expect(train[0]!.responses).toEqual([{ text: train[0]!.positives[0]!.text, evidence: ["7001"] }]);
  });

  const topics = needs("msmarco_passage", "topics.msmarco-passage.dev-subset.txt.gz");
  const judged = needs("msmarco_passage", "qrels.msmarco-passage.dev-subset.txt.gz");
  test.skipIf(topics.absent || judged.absent)(topics.title("has 6,980 dev queries and 7,437 judgements"), async () => {
    const { stats, qrels } = await prepare({ dataset: "msmarco-passage", input: [topics.path], qrels: [judged.path] });
    expect(stats).toMatchObject({ splits: { dev: { conversations: 6980, turns: 6980 } }, turns_with_gold: 6980 });
    expect(qrels).toHaveLength(7437);
  });
});

test("MS MARCO QA pools the selected passages, one for equal texts, and shows the others as negatives", async () => {
  const file = sample("msmarco-qa", "dev_v2.1.jsonl");
  const { turns, passages, qrels, stats } = await prepare({ dataset: "msmarco-qa", input: [file] });
  expect(stats).toMatchObject({
    splits: { dev: { not_judged: { "no passage was selected for them": 1 }, no_reference: {} } },
    notes: [expect.stringContaining('1 of these turns are answered by "No Answer Present."')],
  });
  expect(passages).toHaveLength(2);
  expect(qrels).toHaveLength(3);
  expect(turns.map(({ responses }) => responses)).toEqual([
    ["Felt is made by pressing wet, warm wool."],
    ["No Answer Present."],
    ["four to one"],
  ]);
  const { train } = await prepare({ dataset: "msmarco-qa", input: [file], split: "train" });
  expect(train.map(({ positives, negatives }) => [positives.length, negatives.length])).toContainEqual([1, 1]);
  expect(train.map(({ positives, negatives }) => [positives.length, negatives.length])).toContainEqual([2, 0]);
});

test("MS MARCO QA's published columns are refused with the way out", async () => {
  const file = join(freshFolder(), "dev_v2.1.json");
  writeFileSync(file, '{"answers":{"0":["a"]},"query":{"0":"q"}}');
  await expect(prepare({ dataset: "msmarco-qa", input: [file] })).rejects.toThrow(/tojsonl\.py/);
});

test("a BEIR folder gives each query the split of the qrels file that names it", async () => {
  const { turns, stats, train, qrels } = await prepare({ dataset: "beir", input: [sample("beir", "")] });
  expect(turns.map(({ id, split }) => [id, split])).toEqual([
    ["9101_1", "train"],
    ["9102_1", "train"],
    ["9103_1", "dev"],
    ["9104_1", "test"],
    ["9105_1", "test"],
  ]);
  expect(stats).toMatchObject({ turns: { excluded: { "no qrels file names its query": 1 } } });
  expect([train.length, qrels.length]).toEqual([2, 6]);
});

test("a BEIR file says that its folder is wanted", async () => {
  await expect(prepare({ dataset: "beir", input: [sample("beir", "queries.jsonl")] })).rejects.toThrow(
    "this is a file. Give --input the folder.",
  );
});

test("TREC topics keep grades, and leave out what was not judged", async () => {
  const { qrels, stats } = await prepare({
    dataset: "trec",
    input: [sample("trec", "topics.test.tsv")],
    qrels: [sample("trec", "qrels.test.txt")],
    collection: [sample("trec", "passages.jsonl")],
  });
  expect(qrels.map(([, , passage, grade]) => [passage, grade])).toEqual([
    ["7001", "2"],
    ["7003", "0"],
    ["7002", "1"],
    ["7005", "2"],
  ]);
  expect(stats).toMatchObject({ turns_with_gold: 3 });
});

describe("UltraChat", () => {
  test("trains each question with its reply as passage and response", async () => {
    const { train, stats } = await prepare({ dataset: "ultrachat", input: [sample("ultrachat", "ultrachat.jsonl")] });
    expect(train.map(({ id, history }) => [id, history.length])).toEqual([
      ["0_1", 0],
      ["0_2", 1],
      ["1_1", 0],
    ]);
    expect(train[1]!.positives[0]!.text).toBe(train[1]!.responses[0]!.text);
    expect(stats).toMatchObject({ samples: { excluded: { "an empty question, or a question without a reply": 1 } } });
  });

  test("reads the converted form, and leaves out what the user did not begin", async () => {
    const { train, stats } = await prepare({ dataset: "ultrachat", input: [sample("ultrachat", "converted.jsonl")] });
    expect(train.map(({ id }) => id)).toEqual(["5_1"]);
    expect(stats).toMatchObject({ samples: { excluded: { "a conversation that the user does not begin": 1 } } });
  });
});

test("your own lines become turns, passages, judgements and samples", async () => {
  const options = { dataset: "jsonl", input: [sample("jsonl", "turns.jsonl")], collection: [sample("jsonl", "passages.jsonl")] };
  const { turns, passages, qrels, train } = await prepare(options);
  expect([turns.length, passages.length, qrels.length, train.length]).toEqual([4, 3, 3, 2]);
  expect(train[1]).toMatchObject({ positive: "gold", positives: [{ id: "coopers" }], responses: [{}, { text: "Oak." }] });
  const file = join(freshFolder(), "turns_test.jsonl");
  writeFileSync(file, '{"conversation":"a","turn":1,"question":"q","answer":"x"}\n');
  await expect(prepare({ dataset: "jsonl", input: [file] })).rejects.toMatchObject({ exitCode: 3, line: 1 });
});

describe("Natural Questions", () => {
  test("takes positives, hard negatives and answers from DPR's file", async () => {
    const { turns, qrels, train, stats } = await prepare({ dataset: "nq", input: [sample("nq", "nq-dev.json")], split: "train" });
    expect(turns.map(({ id }) => id)).toEqual(["nq-dev-1_1", "nq-dev-2_1"]);
    expect(qrels.map(([, , passage]) => passage)).toEqual(["7001", "7005", "7001"]);
    expect(train[0]!.negatives).toEqual([
      expect.objectContaining({ id: "7004" }),
      { id: "7099", title: "", text: "A hard negative without a title." },
    ]);
    expect(stats).toMatchObject({ turns: { excluded: { "a question for which no positive passage was found": 1 } } });
  });

  test("takes the passages from the collection where it is given", async () => {
    const { passages } = await prepare({
      dataset: "nq",
      input: [sample("nq", "nq-dev.json")],
      collection: [sample("nq", "psgs_w100.tsv")],
    });
    expect(passages).toHaveLength(6);
    expect(passages[0]).toMatchObject({ id: "7001", title: "Crafts" });
  });

  test("reads the answers that Python's csv module wrote", async () => {
    const { turns } = await prepare({ dataset: "nq", input: [sample("nq", "topics.test.csv")] });
    expect(turns.map(({ responses }) => responses)).toEqual([["six", "six or eight"], ['he said "no"', "it's done"], ["naïve"]]);
  });

  test.each([
    ["[]", []],
    ["['a', \"b\"]", ["a", "b"]],
    ['"[""a"", \'b\']"', ["a", "b"]],
    ["['\\u00e9\\n']", ["é\n"]],
    ["['a' 'b']", undefined],
    ["__import__('os')", undefined],
    ["['a'", undefined],
  ])("parses %s and evaluates nothing", (text, strings) => {
    expect(pythonStrings(text)).toEqual(strings);
  });
});

test("CAsT's history holds the answers that were shown", async () => {
  const { turns, qrels } = await prepare({
    dataset: "cast",
    input: [sample("cast", "topics_test.json")],
    qrels: [sample("cast", "qrels_test.txt")],
    collection: [sample("cast", "passages.jsonl")],
  });
  expect(turns.map(({ id }) => id)).toEqual(["201_1", "201_2", "202_1"]);
  expect(turns[1]!.history).toEqual([{ question: "How is felt made?", response: expect.stringContaining("Felt is made") as string }]);
  expect(qrels.map(([turn, , , grade]) => [turn, grade])).toEqual([
    ["201_1", "4"],
    ["201_1", "0"],
    ["201_2", "1"],
    ["202_1", "3"],
  ]);
});

test("iKAT's gold is what an answer names", async () => {
  const input = [sample("ikat", "topics_test.json")];
  const { turns, qrels, stats } = await prepare({ dataset: "ikat", input, collection: [sample("ikat", "passages.jsonl")] });
  expect(qrels).toEqual([["9-1_1", "0", "clue-01:0", "1"]]);
  expect(stats).toMatchObject({ turns_with_gold: 1, turns_without_gold: 1 });
  expect(turns[1]!.tags["ptkb"]).toBe("I am allergic to wool. I live by the sea.");
});

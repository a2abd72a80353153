/** @file QReCC, OR-QuAC and FaithDial: what their readers make of every form their files come in. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { datasetFolder } from "../../datasets/registry.ts";
import { needs } from "../helpers/shared-data.ts";
import { freshFolder, prepare } from "../prepare/prepared.ts";
import { preparedQrecc } from "../prepare/qrecc-ids.ts";

const sample = (dataset: string, file: string): string => join(datasetFolder(dataset), "sample", file);

describe("QReCC", () => {
  const scai = sample("qrecc", "scai_test.json");
  const collection = [sample("qrecc", "passages.jsonl")];

  test("takes the gold passages from the turns, and a turn without any is not judged", async () => {
    const { turns, passages, qrels, stats } = await prepare({ dataset: "qrecc", input: [scai], collection });
    expect([turns.length, passages.length, qrels.length]).toEqual([9, 6, 8]);
    expect(stats).toMatchObject({ turns_with_gold: 7, turns_without_gold: 2 });
    expect(turns[2]).toMatchObject({ id: "11_3", tags: { source: "quac", rewrite: "What happened to the product of a lime kiln?" } });
    expect(turns[2]!.history).toHaveLength(2);
    expect(turns[3]!.responses, "an empty answer is no reference").toEqual([]);
  });

  test("takes them from qrels just the same, in both of their forms", async () => {
    const own = await prepare({ dataset: "qrecc", input: [scai], collection });
    const json = await prepare({ dataset: "qrecc", input: [scai], collection, qrels: [sample("qrecc", "qrels_test.json")] });
    expect(new Set(json.qrels)).toEqual(new Set(own.qrels));
    const file = join(freshFolder(), "qrels.tsv");
    writeFileSync(file, own.qrels.map((fields) => `QReCC-Test_${fields.join("\t")}\n`).join(""));
    const lines = await prepare({ dataset: "qrecc", input: [scai], collection, qrels: [file] });
    expect(new Set(lines.qrels)).toEqual(new Set(own.qrels));
  });

  test("reads raw files, says that they judge nothing, and trains on their answers only", async () => {
    const { turns, qrels, train, stats } = await prepare({ dataset: "qrecc", input: [sample("qrecc", "raw_train.json")] });
    expect([turns.length, qrels.length, train.length]).toEqual([4, 0, 3]);
    expect(stats["notes"]).toEqual([expect.stringContaining("raw files")]);
    expect(train.map(({ objectives }) => objectives)).toEqual([["generation"], ["generation"], ["generation"]]);
  });

  test("reads InfoCQR's NewContext, and a collection as TSV", async () => {
    const { turns, passages } = await prepare({
      dataset: "qrecc",
      input: [sample("qrecc", "infocqr_dev.json")],
      collection: [sample("qrecc", "passages.tsv")],
    });
    expect(turns.map(({ id, history }) => [id, history.length])).toEqual([
      ["212_1", 0],
      ["212_2", 1],
      ["212_3", 2],
    ]);
    expect(passages[0]).toMatchObject({ id: "0", title: "" });
  });

  const real = needs("qrecc", "infocqr", "dev-sampled2k-modified.json");
  test.skipIf(real.absent)(real.title("has 2,000 sampled dev turns, 927 with gold, 1,797 with an answer"), async () => {
    const { turns, stats } = await prepare({ dataset: "qrecc", input: [real.path] });
    expect(turns).toHaveLength(2000);
    expect(stats).toMatchObject({ turns_with_gold: 927, turns_without_gold: 1073, splits: { dev: { conversations: 1257, turns: 2000 } } });
    expect(turns.filter(({ responses }) => responses.length === 1)).toHaveLength(1797);
  });

  const qrels = needs("qrecc", "infocqr", "qrels_test.txt.gz");
  test.skipIf(qrels.absent)(qrels.title("has 16,451 test turns of which 8,209 can be evaluated, by 10,507 judgements"), async () => {
    const { stats, qrels: judged } = await preparedQrecc(qrels.path);
    expect(stats).toMatchObject({
      turns_with_gold: 8209,
      turns_without_gold: 8242,
      splits: { test: { conversations: 2775, turns: 16451 } },
    });
    expect(judged).toHaveLength(10507);
  });
});

describe("OR-QuAC", () => {
  const collection = [sample("or-quac", "all_blocks.txt")];
  const qrels = [sample("or-quac", "qrels.txt")];

  test("counts turns from 1 in questions and qrels, and leaves out the judgements of other splits", async () => {
    const input = [sample("or-quac", "test.txt")];
    const all = join(freshFolder(), "qrels.txt");
    const other = { "C_train_0_q#0": { "6300@0": 1 } };
    writeFileSync(all, JSON.stringify({ ...(JSON.parse(readFileSync(qrels[0]!, "utf8")) as object), ...other }));
    const { turns, passages, qrels: judged, stats } = await prepare({ dataset: "or-quac", input, collection, qrels: [all] });
    expect(turns.map(({ id }) => id).slice(0, 2)).toEqual(["C_0a1b_1_1", "C_0a1b_1_2"]);
    expect(judged).toContainEqual(["C_0a1b_1_5", "0", "4100@2", "1"]);
    expect(stats).toMatchObject({ turns_with_gold: 8, judgements: { read: 9, kept: 8 } });
    expect(turns[3]!.responses).toEqual(["CANNOTANSWER"]);
    expect(passages[0]).toMatchObject({ id: "4100@0", title: "Lighthouse of Varn" });
    expect(turns[4]!.history.at(-1)).toEqual({ question: "Did she marry?", response: "CANNOTANSWER" });
  });

  test("reads CANARD's file of the same questions, with the answers that the histories hold", async () => {
    const whole = await prepare({ dataset: "or-quac", input: [sample("or-quac", "test.txt")], qrels });
    const canard = await prepare({ dataset: "or-quac", input: [sample("or-quac", "canard_dev.json")], qrels });
    expect(canard.turns.map(({ id, question }) => [id, question])).toEqual(whole.turns.map(({ id, question }) => [id, question]));
    expect(canard.turns.map(({ responses }) => responses.length)).toEqual([1, 1, 1, 1, 0, 1, 1, 0]);
    expect(canard.turns[0]!.history).toEqual([]);
  });

  const real = needs("canard", "dev.json");
  test.skipIf(real.absent)(real.title("has the 490 dialogues and 3,430 questions of OR-QuAC dev"), async () => {
    const { stats } = await prepare({ dataset: "or-quac", input: [real.path] });
    expect(stats).toMatchObject({ splits: { dev: { conversations: 490, turns: 3430 } } });
  });
});

describe("FaithDial", () => {
  test("takes the knowledge sentence as the evidence of its turn, and judges no passage", async () => {
    const { turns, passages, qrels } = await prepare({ dataset: "faithdial", input: [sample("faithdial", "test.json")] });
    expect(turns.map(({ id }) => id)).toEqual(["test-0_1", "test-0_2", "test-0_3", "test-1_1", "test-1_2"]);
    expect([passages.length, qrels.length]).toEqual([0, 0]);
    expect(turns[1]!.evidence).toEqual([expect.stringContaining("Langstroth")]);
    expect(turns[1]!.tags).toEqual({ begin: "entailment+hallucination", vrm: "disclosure" });
    expect(turns[4]!.history[0], "the wizard spoke first").toEqual({ question: "", response: "Hello, what shall we talk about?" });
  });

  test("reads the flattened rows as the same turns", async () => {
    const dialogues = await prepare({ dataset: "faithdial", input: [sample("faithdial", "test.json")] });
    const rows = await prepare({ dataset: "faithdial", input: [sample("faithdial", "rows_train.json")] });
    const content = ({ question, history, responses }: (typeof rows.turns)[number]) => ({ question, history, responses });
    expect(rows.turns.map(content)).toEqual(dialogues.turns.slice(0, 3).map(content));
    expect(rows.train.map(({ positive }) => positive)).toEqual(["gold", "gold", "gold"]);
  });
});

/** @file What prepare-data says of its counts: the history a turn sees, the turns that will not be scored and why. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { preparedLines } from "../../src/prepare/report.ts";
import { runCli } from "../cli/run-cli.ts";
import { tempDir } from "../helpers/temp.ts";
import { needs } from "../helpers/shared-data.ts";
import { prepare, sample } from "./prepared.ts";

const scai = sample("qrecc", "scai_test.json");
const qreccQrels = sample("qrecc", "qrels_test.json");

describe("prepare-data reports", () => {
  test("the same words from the run and from the artifact that is there already, on standard output", async () => {
    const output = join(tempDir(), "prepared");
    const args = ["prepare-data", "--dataset", "qrecc", "--input", scai, "--qrels", qreccQrels, "--output", output];
    const [first, second] = [await runCli(args), await runCli([...args, "-q"])];
    expect([first.code, second.code]).toEqual([0, 0]);
    const facts = (text: string): string[] => text.split("\n").slice(1);
    expect(facts(first.stdout)).toEqual(facts(second.stdout));
    expect(facts(first.stdout)).toEqual([
      "  test: 3 conversations, 9 turns (2 to 4, mean 3.00 a conversation)",
      "    history: 0 to 6, mean 2.22 earlier utterances, none cut off",
      "    judged: 7 turns, 1 to 2, mean 1.14 gold passages each",
      "    no retrieval scores for 2 turns: the judgements say that no passage answers them",
      "    references: 8 turns, 1 each",
      "    no answer scores for 1 turn: their answer is empty",
      "  passages: none, so retrieve from the index of another folder, and name that folder to generate and evaluate as --passages",
      "  Table 8 of uniconv-2507.07030 counts another split: 2,775 conversations and 16,451 turns of test",
      "",
    ]);
  });

  test("what --history cuts off, in turns", async () => {
    const { stats, turns } = await prepare({ dataset: "qrecc", input: [scai], history: "1" });
    expect(Math.max(...turns.map(({ history }) => history.length))).toBe(1);
    expect(stats["splits"]).toMatchObject({ test: { history: { min: 0, max: 2, mean: 12 / 9 }, history_cut: 3 } });
    expect(preparedLines(stats)).toContain("  history: 0 to 2, mean 1.33 earlier utterances; 3 turns would have more (--history)");
    const none = await prepare({ dataset: "qrecc", input: [scai], history: "none" });
    expect(none.stats["splits"]).toMatchObject({ test: { history: { min: 0, max: 0, mean: 0 }, history_cut: 6 } });
  });

  test("why turns are not judged, in the dataset's own terms", async () => {
    const reasons = async (options: Parameters<typeof prepare>[0]): Promise<unknown> => {
      const splits = (await prepare(options)).stats["splits"] as Record<string, { not_judged: unknown }>;
      return Object.values(splits).map(({ not_judged }) => not_judged);
    };
    expect(await reasons({ dataset: "inscit", input: [sample("inscit", "dev.json")] })).toEqual([
      { "no label rests on a passage (the union of their evidence is empty)": 1 },
    ]);
    expect(await reasons({ dataset: "qrecc", input: [scai] })).toEqual([
      { "no passage was found to answer them (Truth_passages is empty)": 2 },
    ]);
    const some = join(tempDir(), "qrels.txt");
    const [judged] = readFileSync(sample("cast", "qrels_test.txt"), "utf8").split("\n");
    writeFileSync(some, `${judged}\n`);
    const cast = await prepare({ dataset: "cast", input: [sample("cast", "topics_test.json")], qrels: [some] });
    const unjudged = cast.turns.length - 1;
    expect(cast.stats["splits"]).toMatchObject({ test: { judged: 1, not_judged: { "the judgements do not name them": unjudged } } });
    expect(await reasons({ dataset: "faithdial", input: [sample("faithdial", "test.json")] })).toEqual([
      { "these files name no gold passages": 5 },
    ]);
  });

  test("the gold passages that a collection lacks, whichever came first", async () => {
    const lines = async (options: Parameters<typeof prepare>[0]): Promise<string[]> =>
      preparedLines((await prepare(options)).stats).filter((line) => line.includes("gold passages are not among them"));
    const qrels = join(tempDir(), "qrels.trec");
    const judged = readFileSync(sample("cast", "qrels_test.txt"), "utf8");
    const collection = [sample("cast", "passages.jsonl")];
    const cast = { dataset: "cast", input: [sample("cast", "topics_test.json")], collection };
    writeFileSync(qrels, judged);
    expect(await lines({ ...cast, qrels: [qrels] })).toEqual([]);
    writeFileSync(qrels, `${judged}202_1 0 nowhere 2\n202_1 0 irrelevant 0\n`);
    expect(await lines({ ...cast, qrels: [qrels] })).toEqual([
      '  1 of 3 gold passages are not among them, such as "nowhere": only a part of the collection, or other ids?',
    ]);
    // INSCIT's evidence comes before the judgements about it.
    expect(await lines({ dataset: "inscit", input: [sample("inscit", "dev.json")] })).toEqual([]);
  });

  test("by which rule the judgements name turns, and what was left out of how many", async () => {
    const qrels = join(tempDir(), "qrels.trec");
    writeFileSync(qrels, "QReCC-Test_11_1\t0\tp\t1\n11_2\t0\tp\t1\nQReCC-Test_99_1\t0\tp\t1\n");
    const { stats } = await prepare({ dataset: "qrecc", input: [scai], qrels: [qrels] });
    expect(preparedLines(stats)).toEqual(
      expect.arrayContaining([
        "the judgements name turns as QReCC-{*}_{conversation}_{turn}: 2 read so",
        "left out: 1 of 3 judgements: its turn is not in the input",
      ]),
    );
  });
});

const inscit = needs("inscit", "dev.json");
const canard = needs("canard", "dev.json");

describe.skipIf(inscit.absent)(inscit.title("INSCIT dev"), () => {
  test("has 17 turns whose union of labels is empty, 2.31 golds on the others, and sees its whole history", async () => {
    const { stats } = await prepare({ dataset: "inscit", input: [inscit.path] });
    expect(preparedLines(stats)).toEqual(
      expect.arrayContaining([
        "dev: 86 conversations, 502 turns (2 to 7, mean 5.84 a conversation)",
        "  history: 0 to 12, mean 5.00 earlier utterances, none cut off",
        "  judged: 485 turns, 1 to 8, mean 2.31 gold passages each",
        "  no retrieval scores for 17 turns: no label rests on a passage (the union of their evidence is empty)",
      ]),
    );
  });
});

describe.skipIf(canard.absent)(canard.title("CANARD dev"), () => {
  test("has no answer to the last question of each of 490 dialogues", async () => {
    const { stats } = await prepare({ dataset: "or-quac", input: [canard.path] });
    expect(stats["splits"]).toMatchObject({ dev: { conversations: 490, turns: 3430, referenced: 2940 } });
    expect(preparedLines(stats).filter((line) => line.includes("no answer scores for 490 turns"))).toHaveLength(1);
  });
});
